import { type Release, type State, type Volatile, broadcasterOrder } from '@belfry/protocol'
import type { EnvelopeId, IncidentId, MemberIndex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Context, Invariant } from './invariant.ts'
import { type Place, placeOf } from './ladder.ts'
import { firstLiving } from './living.ts'
import type { ToldSpend } from './told-chain.ts'
import { framesOfVotes, isCertificate, validVotes } from './votes.ts'

interface Pending {
  readonly life: Volatile
  readonly release: Release
  /** To whom it goes, too, whomever this one went to. */
  readonly to: MemberIndex
  readonly place: Place
  readonly at_ms: number
  readonly height: number
  readonly spend: ToldSpend
  readonly activated: number
}

/** Sealing takes some milliseconds for each share. */
const TIME_MS = 1_000

/**
 * Looked at is what goes to the first living of the incident's order, to whom every rung that is due goes at once and no later than to
 * anybody else: wider circles come to each rung in its own time.
 */
export const RUNGS: Invariant = {
  name: 'rungs',
  sentence:
    'release is cumulative downwards, and from every armed manifest that names the U: with a rung go all below it, so that t ' +
    'members always share one (protocol.md, incident 5)',
  watch: (context) => {
    const pending = new Map<MemberIndex, Pending[]>()
    const orders = new BroadcasterOrders(context)
    return {
      onStep(member, input, output) {
        if (!context.isHonest(member.index) || !member.state) return
        const mine = pending.get(member.index) ?? []
        while (mine[0] !== undefined && Math.abs(input.at_ms - mine[0].at_ms) > TIME_MS) {
          const [first] = mine.splice(0, 1)
          const wrong = first && whatIsMissing(context, member, first)
          if (wrong) context.fail(wrong, member.index)
        }
        for (const record of output.records) {
          if (record.record !== 'signed' || !record.slot.startsWith('release/')) continue
          const release = context.frames.bodyOf('release', context.frames.read(record.frame))
          const one = pendingOf(context, orders, member, release, input.at_ms)
          if (one !== null) mine.push(one)
        }
        pending.set(member.index, mine)
      },
    }
  },
}

function pendingOf(context: Context, orders: BroadcasterOrders, { index, state }: SimMember, release: Release, at_ms: number): Pending | null {
  const place = placeOf(context.vaults, release.envelope_id)
  if (!state || place === null || place.means !== null) return null
  const to = firstLiving(context, orders.of(release.incident_id), index, TIME_MS)
  if (to === null || to === index) return null
  const spend = context.told.spendOf(index, place.manifest.deposit.outpoint)
  const height = state.durable.position?.height ?? 0
  return { life: state.volatile, release, to, place, at_ms, height, spend, activated: activatedOf(state, place) }
}

/** A generation that becomes active while shares are being sealed may make a cold-theft a theft. */
function activatedOf({ durable }: State, { manifest: { vault_id } }: Place): number {
  return durable.vaults.get(vault_id)?.manifests.filter(({ activated_height }) => activated_height !== null).length ?? 0
}

/** Hashed once for each incident, for every rung to every member asks. */
class BroadcasterOrders {
  readonly #context: Context
  readonly #orders = new Map<IncidentId, readonly MemberIndex[]>()

  constructor(context: Context) {
    this.#context = context
  }

  of(incident_id: IncidentId): readonly MemberIndex[] {
    const { ports, federation: { lock_hash, members } } = this.#context
    const order = this.#orders.get(incident_id) ?? broadcasterOrder(ports, lock_hash, incident_id, members.map(({ index }) => index))
    this.#orders.set(incident_id, order)
    return order
  }
}

function whatIsMissing(context: Context, { index, state }: SimMember, { life, release, to, place, height, spend, activated }: Pending): string | null {
  const incident = state?.durable.incidents.get(release.incident_id)
  // Another life, or the trigger moved meanwhile: nothing is to be expected.
  if (!state || state.volatile !== life || !incident || incident.settled !== null) return null
  if (place.action === 'emergency' && activatedOf(state, place) !== activated) return null
  const now = context.told.spendOf(index, place.manifest.deposit.outpoint)
  if (now.confirmed?.block.hash !== spend.confirmed?.block.hash || now.mempool?.txid !== spend.mempool?.txid) return null
  // Blocks that came together may have made the votes too old while shares were being sealed.
  const votes = validVotes(context, release.incident_id, place.action, framesOfVotes(incident))
  const tip = context.told.tipOf(index)?.height ?? 0
  if (!isCertificate(votes, context.federation.thresholds[place.action].q, tip)) return null
  const isMissing = (envelope_id: EnvelopeId): boolean => {
    return !state.durable.ledger.has(`release/${context.federation.lock_hash}/${release.incident_id}/${envelope_id}/${to}`)
  }
  if (isMissing(release.envelope_id)) return `rung ${place.rung} went to member ${release.to}, and not to member ${to}, who comes first`
  const below = place.ladder.slice(0, place.rung).find((rung) => isMissing(rung.envelope_id))
  if (below) return `rung ${place.rung} went to member ${to}, and one below it did not`
  const held = state.durable.vaults.get(incident.vault_id)?.manifests ?? []
  const beside = held.find(({ manifest, armed_height }) => {
    if ((armed_height ?? height) >= height) return false
    // Before U is confirmed each manifest says for itself whether to act.
    if (spend.confirmed === null && manifest.act_at !== 'mempool') return false
    const ladder = manifest.unvaults.find(({ txid }) => txid === place.unvault?.txid)?.clawback
    return ladder?.[0] !== undefined && isMissing(ladder[0].envelope_id)
  })
  return beside ? `nothing went to member ${to} of generation ${beside.manifest.generation}, which names the same U` : null
}
