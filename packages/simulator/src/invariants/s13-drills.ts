import { ACTION_OF, type Incident, commandDigest } from '@belfry/protocol'
import { type EnvelopeId, type Hash32, type IncidentId, type MemberIndex, toHex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Context, Invariant } from './invariant.ts'
import { framesOfVotes, isCertificate, validVotes } from './votes.ts'

export const S13: Invariant = {
  name: 'S13',
  sentence: "a drill moves no share but the drill envelope's",
  watch: (context) => ({
    onStep(member, _input, output) {
      if (!context.isHonest(member.index)) return
      for (const record of output.records) {
        if (record.record !== 'signed' || !record.slot.startsWith('release/')) continue
        const { incident_id, envelope_id } = context.frames.bodyOf('release', context.frames.read(record.frame))
        fail(context, member.index, whatIsWrong(context, member, incident_id, envelope_id))
      }
    },
    onImmediate(member, effect) {
      if (!context.isHonest(member.index)) return
      // A share is opened, or an envelope, in this member's own memory.
      if (effect.effect !== 'rebuild' && (effect.effect !== 'open-share' || effect.from !== member.index)) return
      const incident = member.state?.durable.incidents.get(effect.incident_id)
      // Of a drill that has ended meanwhile nothing is known any more.
      if (incident) fail(context, member.index, whatIsMisplaced(context, incident, effect.envelope_id))
    },
    onLeaving(member, effect) {
      if (effect.effect !== 'broadcast' || !context.isHonest(member.index)) return
      const isOfDrill = member.state?.durable.incidents.get(effect.incident_id)?.trigger === 'drill' || isDrillEnvelope(context, effect.envelope_id)
      if (isOfDrill) context.fail('a drill had something broadcast', member.index)
    },
  }),
}

function fail(context: Context, member: MemberIndex, wrong: string | null): void {
  if (wrong !== null) context.fail(wrong, member)
}

export function isDrillEnvelope({ vaults }: Context, envelope_id: EnvelopeId): boolean {
  return vaults.deals.some(({ manifest }) => manifest.drill.envelope_id === envelope_id)
}

function whatIsMisplaced(context: Context, { trigger }: Incident, envelope_id: EnvelopeId): string | null {
  if ((trigger === 'drill') === isDrillEnvelope(context, envelope_id)) return null
  return trigger === 'drill' ? 'a drill moved a share that is none of its own' : 'the drill envelope was opened to no drill'
}

function whatIsWrong(context: Context, member: SimMember, incident_id: IncidentId, envelope_id: EnvelopeId): string | null {
  const incident = member.state?.durable.incidents.get(incident_id)
  if (!incident) return 'a share left for no incident'
  const misplaced = whatIsMisplaced(context, incident, envelope_id)
  if (misplaced !== null || incident.trigger !== 'drill') return misplaced
  const order = orderBehind(context, member, incident)
  if (order?.order !== 'drill') return 'a drill was held that no owner ordered'
  if (order.held_back.includes(member.index)) return 'a member took part in a drill that was to keep still'
  const tip = context.told.tipOf(member.index)?.height ?? 0
  const votes = validVotes(context, incident_id, ACTION_OF.drill, framesOfVotes(incident))
  const { q } = context.federation.thresholds.drill
  return isCertificate(votes, q, tip) ? null : `a share of a drill left after ${votes.length} votes of ${q}`
}

/** The order that an incident is about, if the simulated owner signed it: there is one key, and it may order anything. */
export function orderBehind({ ports }: Context, { state }: SimMember, { vault_id, discriminator, trigger }: Incident) {
  const vault = state?.durable.vaults.get(vault_id)
  const held = vault?.commands.get(toHex(discriminator) as Hash32)
  const root = vault?.manifests[0]?.manifest.owner.root
  if (!held || held.taken_height === null || root === undefined || held.command.what.order !== trigger) return null
  const digest = commandDigest(ports, held.signed.bytes)
  const isSigned = toHex(digest) === toHex(discriminator) && held.signed.signatures.some(({ key, signature }) => key === root && ports.verifyOwner(key, digest, signature))
  return isSigned ? held.command.what : null
}
