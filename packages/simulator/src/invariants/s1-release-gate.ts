import { ACTION_OF, type Incident, type LogRecord, type Manifest, type Release, type SpendTx } from '@belfry/protocol'
import type { SimMember } from '../member/index.ts'
import type { Context, Invariant } from './invariant.ts'
import { type Place, highestDue, placeOf } from './ladder.ts'
import { orderBehind } from './s13-drills.ts'
import { Openings } from './openings.ts'
import { framesOfVotes, isCertificate, validVotes } from './votes.ts'

export const S1: Invariant = {
  name: 'S1',
  sentence:
    "each honest release was preceded, in that member's log, by a valid unexpired certificate, the trigger (chain fact, " +
    'verified command, or own expired clock) and its own verdict act',
  watch: (context) => {
    const openings = new Openings(context)
    return {
      onStep(member, _input, { records }) {
        if (!context.isHonest(member.index)) return
        for (const record of records) {
          const wrong = whatIsWrong(context, openings, member, record)
          if (wrong !== null) context.fail(wrong, member.index)
        }
      },
    }
  },
}

function whatIsWrong(context: Context, openings: Openings, member: SimMember, record: LogRecord): string | null {
  if (record.record === 'release-opened') return openings.take(member.index, record)
  if (record.record !== 'signed' || !record.slot.startsWith('release/')) return null
  const release = context.frames.bodyOf('release', context.frames.read(record.frame))
  return unfounded(context, member, release) ?? (openings.has(member.index, release) ? null : 'a share left that was not opened')
}

function unfounded(context: Context, member: SimMember, release: Release): string | null {
  const { state } = member
  const incident = state?.durable.incidents.get(release.incident_id)
  // S13 looks at drills.
  if (incident?.trigger === 'drill') return null
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
  if (incident.trigger === 'panic') {
    if (orderBehind(context, member, incident) === null) return 'an emergency share left for a panic that no owner called'
    return confirmed ? 'an emergency share left for a deposit that is gone' : null
  }
  if (incident.trigger === 'cold-theft') return coldTheftIsMissing(context, member, manifest, spender)
  if (spender?.txid !== unvault?.txid) return 'a share left for an unvault that does not stand'
  return confirmed || manifest.act_at === 'mempool' ? null : 'a share left before the unvault had a confirmation'
}

/** The deposit is spent, or my bitcoind would take its spend, by what neither an activated generation nor a rung of ours is. */
function coldTheftIsMissing(context: Context, { index, state }: SimMember, { vault_id, deposit }: Manifest, spender: SpendTx | null): string | null {
  const vault = state?.durable.vaults.get(vault_id)
  const tx = spender ?? vault?.coins.get(deposit.outpoint)?.offered ?? null
  if (tx === null || (spender === null && !context.told.hasSighted(index, deposit.outpoint, tx.txid))) {
    return 'a share left for a deposit that nobody spent'
  }
  const isOneActive = vault?.manifests.some(({ activated_height }) => activated_height !== null)
  const isOurs = vault?.manifests.some(({ manifest: { unvaults, emergency }, activated_height }) => {
    if (activated_height === null) return !isOneActive && emergency.some(({ txid }) => txid === tx.txid)
    return [...emergency, ...unvaults].some(({ txid }) => txid === tx.txid)
  })
  return isOurs ? 'an emergency share left for a spend that is ours' : null
}

/** Of means `openings` asks. */
function rungIsEarly(context: Context, { index }: SimMember, place: Place, tip: number): string | null {
  if (place.action === 'emergency' || place.means !== null) return null
  const { estimate, mempool_floor } = context.told.healthOf(index) ?? { estimate: null, mempool_floor: 0 }
  const { confirmed } = context.told.spendOf(index, place.manifest.deposit.outpoint)
  const blocks = confirmed && Math.max(0, tip - confirmed.block.height)
  const due = highestDue(place, blocks, { estimate, mempool_floor })
  return place.rung <= due ? null : `rung ${place.rung} left when ${due} was the highest due`
}
