/** Members' signed statements of what they hold and what they did. */
import { type Frame, encodeFrame } from '../messages/frame.ts'
import type { Receipt } from '../messages/receipt.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { MemberIndex } from '../primitives/index.ts'
import { hasStoryRoom } from '../state/story.ts'
import type { Turn } from '../state/turn.ts'
import { onDrillReceipt } from '../drill/drill.ts'
import { activateIfDue, onReceipt } from './enrolment.ts'
import { onPublished } from './publication.ts'
import { decideFates, onLetBe, onTakenBack } from './words.ts'
import { standingRecovery } from '../incident/recovery.ts'
import { recoveryRung } from '../incident/trigger.ts'

export function custodyReceipt(turn: Turn, from: MemberIndex, body: Receipt, frame: Frame): VerdictCode {
  const code = take(turn, from, body, frame)
  const vault = turn.durable.vaults.get(body.vault_id)
  if (code !== 'accepted' || !vault) return code
  if (body.statement === 'taken-back' || body.statement === 'let-be') decideFates(turn, body.vault_id, vault, 'word')
  // By others' receipts and their word of it a manifest activates at me, should I have been down when the owner came.
  if (body.statement === 'holds' || body.statement === 'published') activateIfDue(turn, body.vault_id, vault)
  return code
}

function take(turn: Turn, from: MemberIndex, body: Receipt, frame: Frame): VerdictCode {
  // Beside no other does anything travel.
  if (frame.attachment !== null && body.statement !== 'taken-back') return 'attachment-over-limit'
  switch (body.statement) {
    case 'holds':
      return onReceipt(turn, from, body, frame)
    case 'published':
      return onPublished(turn, from, body, frame)
    case 'taken-back':
      return onTakenBack(turn, from, body, frame)
    case 'let-be':
      return onLetBe(turn, from, body, frame)
    case 'broadcast':
      return onBroadcastReceipt(turn, from, body, frame)
    case 'drill':
      return onDrillReceipt(turn, from, body, frame)
    case 'destroyed':
      // Said to owners alone: what others have forgotten changes nothing at me.
      return 'for-owners'
  }
}

/** Told to the owner in the incident's story; what is done is only ever what my own bitcoind sees. */
function onBroadcastReceipt(
  turn: Turn,
  from: MemberIndex,
  { vault_id, incident_id, txid }: Extract<Receipt, { statement: 'broadcast' }>,
  frame: Frame,
): VerdictCode {
  const vault = turn.durable.vaults.get(vault_id)
  const incident = turn.incident(incident_id)
  if (!vault) return 'unknown-vault'
  if (!incident || incident.vault_id !== vault_id) return 'unknown-incident'
  if (incident.settled !== null) return 'incident-settled'
  // An A that a coin completed is in no manifest: it counts once my own bitcoind has it, and comes again by Pull.
  const feerate = recoveryRung(vault, txid)?.feerate ?? standingRecovery(vault, txid)?.feerate
  if (feerate === undefined) return 'unknown-transaction'
  // Each rung once for each member: whoever says it again and again must not fill the log and the story.
  const { story } = incident
  const isTold = story.some((one) => one.event === 'broadcast-by-member' && one.member === from && one.txid === txid)
  const hasRoom = hasStoryRoom(story.length, 'broadcast-by-member')
  if (incident.broadcast_receipts.has(from) && (isTold || !hasRoom)) return 'known'
  turn.record({ record: 'broadcast-receipt', incident_id, member: from, frame: encodeFrame(frame) })
  turn.note(incident_id, 'broadcast-by-member', { member: from, txid, feerate })
  return 'accepted'
}
