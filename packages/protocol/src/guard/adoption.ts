/** What an operator decides of a member in quarantine, while its node does not run: records for its log. */
import type { Hasher } from '../crypto/index.ts'
import { type Frame, decodeFrame, decodeHeader, encodeFrame } from '../messages/frame.ts'
import { type BodyOf, type MemberKind, decodeBody } from '../messages/kinds.ts'
import { MAX_VOTE_FRAME_BYTES } from '../messages/certificate.ts'
import { MAX_RECEIPT_FRAME_BYTES } from '../messages/owner-requests.ts'
import { type Millis, SchemaError } from '../primitives/index.ts'
import { MAX_NOTICE_FRAME_BYTES } from '../state/commands.ts'
import type { Durable, Grave } from '../state/durable.ts'
import type { LogRecord } from '../state/records.ts'
import { bootByClock } from './boots.ts'
import { graveOf } from './quarantine.ts'
import type { Slot } from './slots.ts'

/** A copy of the disk does not know how often the member was started since; where the clock is behind, it does not tell either. */
const BOOTS_LOST_AT_MOST = 1_000

/**
 * Takes what was found for signed by this member, and ends the quarantine: it is sent again in the same bytes and never
 * contradicted. Null where there is no quarantine.
 */
export function adoption(hasher: Hasher, durable: Durable): LogRecord[] | null {
  const { boot, quarantine, ledger } = durable
  if (quarantine === null) return null
  const signed: { slot: Slot; frame: Uint8Array }[] = []
  const beside: Grave[] = []
  for (const { slot, frame } of quarantine.statements) {
    if (slot === null) continue
    if (ledger.has(slot) || signed.some((one) => one.slot === slot)) beside.push(graveOf(hasher, decodeFrame(frame)))
    else signed.push({ slot, frame })
  }
  const adopted: LogRecord = { record: 'adopted', boot: Math.max(boot, quarantine.boot), signed, beside }
  const frames = signed.map(({ frame }) => decodeFrame(frame))
  return [adopted, ...newestVotes(frames, durable.incidents), ...frames.flatMap((frame) => wordsOfOrders(frame, durable.vaults))]
}

/** What it said of orders that it holds it says no more: without its own word it would ask the others for theirs for ever. */
function wordsOfOrders(frame: Frame, vaults: Durable['vaults']): LogRecord[] {
  const { kind, body, from: member } = decodeHeader(frame.signed)
  const bytes = encodeFrame(frame)
  if (kind === 'command' && bytes.length <= MAX_NOTICE_FRAME_BYTES) {
    const notice = readBody('command', body)
    if (notice === null) return []
    const { vault_id, command_hash, height } = notice
    const held = vaults.get(vault_id)?.commands.get(command_hash)
    const isLacking = held !== undefined && !held.notices.has(member)
    return isLacking ? [{ record: 'command-noticed', vault_id, command_hash, member, height, frame: bytes }] : []
  }
  if (kind !== 'receipt' || bytes.length > MAX_RECEIPT_FRAME_BYTES) return []
  const receipt = readBody('receipt', body)
  if (receipt?.statement !== 'drill') return []
  const { vault_id, command_hash } = receipt
  const held = vaults.get(vault_id)?.commands.get(command_hash)
  const isLacking = held?.command.what.order === 'drill' && !held.reports.has(member)
  return isLacking ? [{ record: 'drill-reported', vault_id, command_hash, member, frame: bytes }] : []
}

/** Null for what says nothing that I know of: it is adopted all the same. */
function readBody<K extends MemberKind>(kind: K, bytes: Uint8Array): BodyOf<K> | null {
  try {
    return decodeBody(kind, bytes)
  } catch (error) {
    if (error instanceof SchemaError) return null
    throw error
  }
}

/** Renewed from there on, and handed on by Pull like every vote. */
function newestVotes(frames: readonly Frame[], incidents: Durable['incidents']): LogRecord[] {
  const newest = new Map<string, Extract<LogRecord, { record: 'vote-held' }>>()
  for (const one of frames) {
    const { kind, body, from } = decodeHeader(one.signed)
    const frame = encodeFrame(one)
    if (kind !== 'vote' || frame.length > MAX_VOTE_FRAME_BYTES) continue
    const vote = readBody('vote', body)
    if (vote === null) continue
    const { incident_id, anchor_height } = vote
    const held = newest.get(incident_id)?.anchor_height ?? incidents.get(incident_id)?.votes.get(from)?.anchor_height ?? -1
    if (!incidents.has(incident_id) || anchor_height <= held) continue
    newest.set(incident_id, { record: 'vote-held', incident_id, member: from, anchor_height, frame })
  }
  return [...newest.values()]
}

/**
 * The disk was put back from a copy: whatever the others hold, nothing is signed for a slot before an operator adopts it. From the time,
 * too, where that is higher: or a life on the same copy, put back once more within a thousand seconds, would have the number of this one.
 */
export function restoration({ boot }: Durable, at_ms: Millis): LogRecord[] {
  return [
    { record: 'boot', boot: Math.max(boot, bootByClock(at_ms)) + BOOTS_LOST_AT_MOST },
    { record: 'quarantined', reason: 'restored', at_ms },
  ]
}
