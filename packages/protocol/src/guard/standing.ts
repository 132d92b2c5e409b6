/** How far this member goes now. Being unwell never mutes it: only a start, a lag and a disk in doubt do, and narrowly. */
import type { Standing } from '../messages/heartbeat.ts'
import type { Trigger } from '../messages/vote.ts'
import { csvMinus } from '../incident/deadline.ts'
import { blocksSince } from '../incident/rungs.ts'
import { standingTrigger, unvaultsNamed } from '../incident/trigger.ts'
import type { Incident, Vault } from '../state/durable.ts'
import type { State, Turn } from '../state/turn.ts'

/** "CSV − 72": from here on a theft is answered, whoever has told me what. */
const NO_LONGER_WAITED = 72

/** What heartbeats say. */
export function standingOf({ durable, volatile: { wait } }: Pick<State, 'durable' | 'volatile'>): Standing {
  if (durable.quarantine !== null) return 'quarantined'
  return wait.cause === 'start' && wait.phase === 'asking' ? 'starting' : 'serving'
}

/** Receipts, notices and reports: whatever else is signed for a slot. */
export function maySign(turn: Turn): boolean {
  return standingOf(turn) === 'serving'
}

export function mayVote(turn: Turn, vault: Vault, { trigger }: Pick<Incident, 'trigger'>): boolean {
  const { durable, volatile: { wait } } = turn
  if (durable.quarantine !== null) return false
  if (wait.phase === 'over') return true
  if (wait.cause === 'lag') return trigger !== 'theft' || wait.phase === 'over-time' || isUrgent(turn, vault)
  // Ended by the clock: what the coin's own movement calls for, and nothing that an owner may have taken back.
  if (wait.phase === 'over-time') return isMovement(trigger)
  return trigger === 'theft' && isUrgent(turn, vault)
}

/** After a lag shares leave as before: the gate asks for the votes of others, and for the trigger in my own chain. */
export function mayRelease(turn: Turn, vault: Vault, incident: Pick<Incident, 'trigger'>): boolean {
  const { wait } = turn.volatile
  return turn.durable.quarantine === null && (wait.cause === 'lag' || mayVote(turn, vault, incident))
}

function isMovement(trigger: Trigger): boolean {
  return trigger === 'theft' || trigger === 'cold-theft'
}

/** The theft's window has run so far that there is nothing left to wait for. */
function isUrgent(turn: Turn, vault: Vault): boolean {
  const standing = standingTrigger(vault, 'theft')
  if (standing === null || standing.block === null) return false
  const windows = unvaultsNamed(vault, standing.tx.txid).map(({ held }) => held.manifest.csv)
  return windows.length > 0 && blocksSince(standing.block.height, turn.tip) >= csvMinus(Math.min(...windows), NO_LONGER_WAITED)
}
