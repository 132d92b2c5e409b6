import { type Release, type Incident, ACTION_OF, decodeBody } from '@belfry/protocol'
import type { SimMember } from '../member/index.ts'
import type { Context, Invariant } from './invariant.ts'
import { type Place, highestDue, placeOf } from './ladder.ts'
import { framesOfVotes, isCertificate, validVotes } from './votes.ts'

export const S1: Invariant = {
  name: 'S1',
  sentence:
    "each honest release was preceded, in that member's log, by a valid unexpired certificate, the trigger (chain fact, " +
    'verified command, or own expired clock) and its own verdict act',
  watch: (context) => ({
    onStep(member, _input, output) {
      if (!context.isHonest(member.index)) return
      for (const record of output.records) {
        if (record.record !== 'signed' || !record.slot.startsWith('release/')) continue
        const { head } = context.frames.read(record.frame)
        const wrong = whatIsWrong(context, member, decodeBody('release', head.body))
        if (wrong !== null) context.fail(wrong, member.index)
      }
    },
  }),
}

function whatIsWrong(context: Context, member: SimMember, release: Release): string | null {
  const { state } = member
  const incident = state?.durable.incidents.get(release.incident_id)
  const place = placeOf(context.vaults, release.envelope_id)
  if (!state || !incident || !place) return 'a share left for no incident, or from no ladder'
  if (ACTION_OF[incident.trigger] !== place.action || place.manifest.vault_id !== incident.vault_id) {
    return 'a share left that the incident does not call for'
  }
  const tip = context.told.tipOf(member.index)?.height ?? 0
  const votes = validVotes(context, release.incident_id, place.action, framesOfVotes(incident))
  const { q } = context.federation.thresholds[place.action]
  if (!isCertificate(votes, q, tip)) {
    return `a share left without a certificate: ${votes.length} votes at ${votes.map(({ anchor }) => anchor).join()}, tip ${tip}, q ${q}`
  }
  return triggerIsMissing(context, member, incident, place) ?? rungIsEarly(context, member, place, tip)
}

function triggerIsMissing(context: Context, member: SimMember, incident: Incident, { manifest, unvault }: Place): string | null {
  const { mempool, confirmed } = context.told.spendOf(member.index, manifest.deposit.outpoint)
  const spender = confirmed?.tx ?? mempool
  if (incident.trigger === 'cold-theft') {
    const offered = member.state?.durable.vaults.get(incident.vault_id)?.coins.get(manifest.deposit.outpoint)?.offered
    return spender || offered ? null : 'a share left for a deposit that nobody spent'
  }
  if (spender?.txid !== unvault?.txid) return 'a share left for an unvault that does not stand'
  const actsAtMempool = context.vaults.deals.some(({ manifest: { act_at, unvaults } }) => {
    return act_at === 'mempool' && unvaults.some(({ txid }) => txid === spender?.txid)
  })
  return confirmed || actsAtMempool ? null : 'a share left before the unvault had a confirmation'
}

function rungIsEarly(context: Context, member: SimMember, place: Place, tip: number): string | null {
  if (place.action === 'emergency' || !member.state) return null
  const { estimate, mempool_floor } = member.state.volatile
  const { confirmed } = context.told.spendOf(member.index, place.manifest.deposit.outpoint)
  const blocks = confirmed && Math.max(0, tip - confirmed.block.height)
  const due = highestDue(place, blocks, { estimate, mempool_floor })
  return place.rung <= due ? null : `rung ${place.rung} left when ${due} was the highest due`
}
