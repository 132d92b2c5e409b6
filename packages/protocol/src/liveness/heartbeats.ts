/** My own signs of life, and with them the digests by which peers notice what one of us lacks. */
import { activateIfDue } from '../custody/enrolment.ts'
import { standingOf } from '../guard/standing.ts'
import { type EnvelopeId, type IncidentId, type Millis, type VaultId, sortedEntries } from '../primitives/index.ts'
import { unansweredIncidents, withSharesAt } from '../sync/incidents.ts'
import { pullFrom } from '../sync/pull.ts'
import { type Wants, digestsTold, wantsAfter } from '../sync/topics.ts'
import { isCommanded } from '../incident/cause.ts'
import { broadcastDue } from '../incident/broadcast.ts'
import { envelopesWanted } from '../incident/rebuild.ts'
import type { Turn } from '../state/turn.ts'
import type { Peer } from '../state/volatile.ts'
import { proveIfDue } from '../proof-of-watching/proofs.ts'
import { myGuardedRoot } from './guarded.ts'
import { judgePeers, silentPeers } from './judging.ts'

/** A clock set back by more than this does not silence me until it has come round again. */
const CLOCK_STEP_MS = 5_000

/** New tips that are told within one period. */
const TIPS_PER_PERIOD = 10
/** By then members near each other have answered a theft, and no tip is judged by less than seconds. */
const TELL_TIP_AFTER_MS = 250

/** Each period: judges the peers, sends a heartbeat, and goes on with what open incidents still lack. */
export function heartbeatIfDue(turn: Turn): void {
  const { heartbeat_ms } = turn.config.federation.timing
  const wait_ms = turn.volatile.next_heartbeat_at - turn.at_ms
  if (wait_ms > 0 && wait_ms <= heartbeat_ms + CLOCK_STEP_MS) return
  turn.volatile.next_heartbeat_at = (turn.at_ms + heartbeat_ms) as Millis
  judgePeers(turn)
  // What waited until I was no more behind, or had heard all, waits for no block beside.
  for (const [vault_id, vault] of sortedEntries(turn.durable.vaults)) activateIfDue(turn, vault_id, vault)
  proveIfDue(turn)
  sendHeartbeat(turn)
  answerAgain(turn)
}

/** What incidents still call for: their transactions are submitted once more, and the shares asked for that I lack. */
function answerAgain(turn: Turn): void {
  // Only where bitcoind did not answer at all: what it refused waits for the chain to change.
  const wanted = new Map<IncidentId, readonly EnvelopeId[]>()
  for (const incident_id of unansweredIncidents(turn)) {
    const incident = turn.incident(incident_id)
    const vault = incident && turn.durable.vaults.get(incident.vault_id)
    if (!incident || !vault) continue
    broadcastDue(turn, incident_id, vault, incident, 'if-better')
    wanted.set(incident_id, envelopesWanted(turn, vault, incident))
  }
  for (const [member, peer] of turn.volatile.peers) {
    const incidents = peer.connected && member !== turn.config.self ? withSharesAt(turn, wanted, member) : []
    if (incidents.length > 0) pullFrom(turn, member, withWhatItShowed(turn, peer, incidents))
  }
}

/** Shares that never come are asked for each period, and no second Pull is sent within one: so this asks for all that its heartbeat would. */
function withWhatItShowed(turn: Turn, { heartbeat }: Peer, incidents: readonly IncidentId[]): Wants {
  const shown = heartbeat === null ? null : wantsAfter(turn, heartbeat)
  return {
    ...shown,
    incidents: [...new Set([...incidents, ...(shown?.incidents ?? [])])],
    owner_messages: [...new Set([...vaultsBehind(turn, incidents), ...(shown?.owner_messages ?? [])])],
  }
}

/**
 * With each new tip, between the periods: a moment after it, for the block may have brought a theft, and what has to be done
 * then comes first (nor would the digest of an incident that has just opened be anybody else's). The blocks of a catch-up
 * share one heartbeat; one each would use up what peers take from me, and silence me when I am back at the tip.
 */
export function heartbeatForTip(turn: Turn): void {
  const { volatile, config } = turn
  const gap_ms = Math.ceil(config.federation.timing.heartbeat_ms / TIPS_PER_PERIOD)
  const since_ms = turn.at_ms - volatile.heartbeat_sent_at
  const left_ms = since_ms < 0 ? 0 : gap_ms - since_ms
  const at_ms = (turn.at_ms + Math.max(TELL_TIP_AFTER_MS, left_ms)) as Millis
  if (at_ms < volatile.next_heartbeat_at) volatile.next_heartbeat_at = at_ms
}

function sendHeartbeat(turn: Turn): void {
  const { volatile, config, durable } = turn
  volatile.heartbeat_sent_at = turn.at_ms
  turn.gossip(
    turn.sign('heartbeat', {
      tip: durable.position,
      hash_6: durable.recent.at(-7)?.hash ?? null,
      chain: volatile.chain,
      implementation: volatile.implementation,
      software: config.software,
      standing: standingOf(turn),
      next_lock: config.next_lock ?? null,
      silent: silentPeers(turn),
      ledger_entries: durable.ledger.size,
      guarded_root: myGuardedRoot(turn),
      ...digestsTold(turn),
    }),
  )
}

/** The vaults of these incidents that an order is behind. */
function vaultsBehind(turn: Turn, incidents: readonly IncidentId[]): VaultId[] {
  const vaults = incidents.flatMap((id) => {
    const incident = turn.incident(id)
    return incident && isCommanded(incident.trigger) ? [incident.vault_id] : []
  })
  return [...new Set(vaults)]
}
