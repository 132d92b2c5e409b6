import type { Incident } from '@belfry/protocol'
import type { EnvelopeId, IncidentId, MemberIndex } from '@belfry/protocol/primitives'
import type { Context, Invariant } from './invariant.ts'
import { placeOf } from './ladder.ts'
import { isDrillEnvelope } from './s13-drills.ts'

export const S2: Invariant = {
  name: 'S2',
  sentence:
    'for each envelope, members ever corrupted in its epoch plus honest releases reach t only if a valid certificate named ' +
    'its vault and action and one honest member had that rung due',
  watch: (context) => {
    const corrupted = context.federation.members.map(({ index }) => index).filter((index) => !context.isHonest(index))
    const givers = new Map<EnvelopeId, Set<MemberIndex>>()
    const voters = new Map<string, Map<IncidentId, Set<MemberIndex>>>()
    return {
      onStep(member, _input, output) {
        if (!context.isHonest(member.index)) return
        for (const record of output.records) {
          // A vote that an honest member holds was signed by its sender; certificates are made of these alone.
          if (record.record === 'vote-held') {
            const incident = member.state?.durable.incidents.get(record.incident_id)
            const cause = incident ? causeOf(incident) : ''
            const ofCause = voters.get(cause) ?? new Map<IncidentId, Set<MemberIndex>>()
            voters.set(cause, ofCause)
            addTo(ofCause, record.incident_id, record.member)
          }
          if (record.record !== 'signed' || !record.slot.startsWith('release/')) continue
          const { envelope_id } = context.frames.bodyOf('release', context.frames.read(record.frame))
          const known = addTo(givers, envelope_id, member.index)
          const reached = new Set([...corrupted, ...known]).size
          const wrong = whatIsWrong(context, envelope_id, reached, voters)
          if (wrong !== null) context.fail(wrong, member.index)
        }
      },
    }
  },
}

function causeOf({ vault_id, action }: Pick<Incident, 'vault_id' | 'action'>): string {
  return `${vault_id}/${action}`
}

function addTo<K>(sets: Map<K, Set<MemberIndex>>, key: K, member: MemberIndex): Set<MemberIndex> {
  const set = sets.get(key) ?? new Set<MemberIndex>()
  sets.set(key, set.add(member))
  return set
}

function whatIsWrong(
  context: Context,
  envelope_id: EnvelopeId,
  reached: number,
  voters: ReadonlyMap<string, ReadonlyMap<IncidentId, ReadonlySet<MemberIndex>>>,
): string | null {
  const place = placeOf(context.vaults, envelope_id)
  // S13 looks at drills.
  if (place === null) return isDrillEnvelope(context, envelope_id) ? null : 'a share of no deal left'
  const { q, t } = context.federation.thresholds[place.action]
  if (reached < t) return null
  const { vault_id, deposit } = place.manifest
  // One incident of them that calls for this action: a theft of the deposit, or a panic.
  const ofIncidents = [...(voters.get(causeOf({ vault_id, action: place.action }))?.values() ?? [])]
  const votes = Math.max(0, ...ofIncidents.map(({ size }) => size))
  if (votes < q) return `an envelope can be opened after ${votes} votes of ${q}`
  // S1 looks at what an emergency answers: it may have come with a vote, and stand in nobody's mempool.
  const { unvault } = place
  if (unvault === null) return null
  const isFounded = [...context.members.keys()].some((index) => {
    const { mempool, confirmed } = context.told.spendOf(index, deposit.outpoint)
    return context.isHonest(index) && (confirmed?.tx ?? mempool)?.txid === unvault.txid
  })
  return isFounded ? null : 'an envelope can be opened whose unvault no honest member sees'
}
