/** At which tip each member opened each envelope first, by what it was told: what takes a fee coin follows the ladder. */
import { type LogRecord, SITTING_BLOCKS } from '@belfry/protocol'
import { type EnvelopeId, type IncidentId, type MemberIndex, outpointOf } from '@belfry/protocol/primitives'
import type { Context } from './invariant.ts'
import { type Place, placeOf } from './ladder.ts'

interface Named {
  readonly incident_id: IncidentId
  readonly envelope_id: EnvelopeId
}

export class Openings {
  readonly #context: Context
  readonly #heights = new Map<string, number>()

  constructor(context: Context) {
    this.#context = context
  }

  has(member: MemberIndex, named: Named): boolean {
    return this.#heights.has(keyOf(member, named))
  }

  /** What is wrong with it; null where nothing is. */
  take(member: MemberIndex, named: Extract<LogRecord, { record: 'release-opened' }>): string | null {
    // Once more after a crash before it was synced, or on a disk put back.
    if (this.has(member, named)) return null
    const tip = this.#context.told.tipOf(member)?.height ?? 0
    const place = placeOf(this.#context.vaults, named.envelope_id)
    const isEarly = place?.means ? !this.#mayFollow(member, named.incident_id, place, tip) : false
    this.#heights.set(keyOf(member, named), tip)
    return isEarly ? 'a means that takes fee coins was opened before the ladder had its chance' : null
  }

  /** Two blocks after all of the ladder, after another means, or where a member's stands in my mempool already. */
  #mayFollow(member: MemberIndex, incident_id: IncidentId, { manifest, unvault, means }: Place, tip: number): boolean {
    const top = means?.after.at(-1)
    if (!top || !unvault) return true
    const opened = this.#heights.get(keyOf(member, { incident_id, envelope_id: top.envelope_id }))
    if (opened !== undefined && tip >= opened + SITTING_BLOCKS) return true
    const { anyone_can_pay = null, anchored = null } = manifest.unvaults.find(({ txid }) => txid === unvault.txid) ?? {}
    const isOpen = [anyone_can_pay, anchored].some((rung) => rung !== null && this.has(member, { incident_id, envelope_id: rung.envelope_id }))
    const { mempool } = this.#context.told.spendOf(member, outpointOf(unvault.txid, 0))
    return isOpen || (mempool !== null && !means?.after.some(({ txid }) => txid === mempool.txid))
  }
}

function keyOf(member: MemberIndex, { incident_id, envelope_id }: Named): string {
  return `${member}/${incident_id}/${envelope_id}`
}
