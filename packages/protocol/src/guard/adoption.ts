/** What an operator decides of a member in quarantine, while its node does not run: records for its log. */
import type { Hasher } from '../crypto/index.ts'
import { decodeFrame, decodeHeader } from '../messages/frame.ts'
import { decodeBody } from '../messages/kinds.ts'
import { MAX_VOTE_FRAME_BYTES } from '../messages/certificate.ts'
import type { Hash32, Millis } from '../primitives/index.ts'
import type { Durable } from '../state/durable.ts'
import type { LogRecord } from '../state/records.ts'
import { graveOf } from './quarantine.ts'
import type { Slot } from './slots.ts'

/** A copy of the disk does not know how often the member was started since; where the clock is behind, it does not tell either. */
const BOOTS_LOST_AT_MOST = 1_000

/**
 * Takes what was found for signed by this member, and ends the quarantine: it is sent again in the same bytes and never
 * contradicted. Null where there is no quarantine.
 */
export function adoption(hasher: Hasher, { boot, quarantine, incidents, ledger }: Durable): LogRecord[] | null {
  if (quarantine === null) return null
  const signed: { slot: Slot; frame: Uint8Array }[] = []
  const beside: Hash32[] = []
  for (const { slot, frame } of quarantine.statements) {
    if (slot === null) continue
    if (ledger.has(slot) || signed.some((one) => one.slot === slot)) beside.push(graveOf(hasher, decodeFrame(frame)))
    else signed.push({ slot, frame })
  }
  const adopted: LogRecord = { record: 'adopted', boot: Math.max(boot, quarantine.boot), signed, beside }
  return [adopted, ...newestVotes(signed.map(({ frame }) => frame), incidents)]
}

/** Renewed from there on, and handed on by Pull like every vote. */
function newestVotes(frames: readonly Uint8Array[], incidents: Durable['incidents']): LogRecord[] {
  const newest = new Map<string, Extract<LogRecord, { record: 'vote-held' }>>()
  for (const frame of frames) {
    const { kind, body, from } = decodeHeader(decodeFrame(frame).signed)
    if (kind !== 'vote' || frame.length > MAX_VOTE_FRAME_BYTES) continue
    const { incident_id, anchor_height } = decodeBody('vote', body)
    const held = newest.get(incident_id)?.anchor_height ?? incidents.get(incident_id)?.votes.get(from)?.anchor_height ?? -1
    if (!incidents.has(incident_id) || anchor_height <= held) continue
    newest.set(incident_id, { record: 'vote-held', incident_id, member: from, anchor_height, frame })
  }
  return [...newest.values()]
}

/** The disk was put back from a copy: whatever the others hold, nothing is signed for a slot before an operator adopts it. */
export function restoration({ boot }: Durable, at_ms: Millis): LogRecord[] {
  return [
    { record: 'boot', boot: boot + BOOTS_LOST_AT_MOST },
    { record: 'quarantined', reason: 'restored', at_ms },
  ]
}
