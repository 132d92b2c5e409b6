/** Signs of life: sending mine, and judging by theirs who lives. Feeds turns and alerts, never the counting of votes. */
import type { Header } from '../messages/frame.ts'
import { type Heartbeat, MAX_HEARTBEAT_INCIDENTS, MAX_HEARTBEAT_VAULTS } from '../messages/heartbeat.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { BlockHash, Hash32, IncidentId, Millis, VaultId } from '../primitives/index.ts'
import { incidentDigest, myCustodyDigest } from '../sync/digest.ts'
import { ownerDigest, vaultsSpokenOf } from '../sync/owner-messages.ts'
import { openIncidents, pullFrom, unansweredIncidents } from '../sync/pull.ts'
import { isCommanded } from '../incident/cause.ts'
import { broadcastDue } from '../incident/broadcast.ts'
import type { Turn } from '../state/turn.ts'
import type { PeerLife } from '../state/volatile.ts'

/** A clock set back by more than this does not silence me until it has come round again. */
const CLOCK_STEP_MS = 5_000

/** New tips that are told within one period. */
const TIPS_PER_PERIOD = 10
/** By then members near each other have answered a theft, and no tip is judged by less than seconds. */
const TELL_TIP_AFTER_MS = 250

/** Each period: judges the peers, sends a heartbeat, and asks for what open incidents still lack. */
export function heartbeatIfDue(turn: Turn): void {
  const { heartbeat_ms } = turn.config.federation.timing
  const wait_ms = turn.volatile.next_heartbeat_at - turn.at_ms
  if (wait_ms > 0 && wait_ms <= heartbeat_ms + CLOCK_STEP_MS) return
  turn.volatile.next_heartbeat_at = (turn.at_ms + heartbeat_ms) as Millis
  judgePeers(turn)
  sendHeartbeat(turn)
  const unanswered = unansweredIncidents(turn)
  if (unanswered.length === 0) return
  // Only where bitcoind did not answer at all: what it refused waits for the chain to change.
  for (const incident_id of unanswered) {
    const incident = turn.incident(incident_id)
    const vault = incident && turn.durable.vaults.get(incident.vault_id)
    if (incident && vault) broadcastDue(turn, incident_id, vault, incident, 'if-better')
  }
  for (const [member, peer] of turn.volatile.peers) {
    if (member !== turn.config.self && peer.connected) pullFrom(turn, member, unanswered, vaultsBehind(turn, unanswered))
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

const NOTHING = '00'.repeat(32) as Hash32

/** Of my chain, so many blocks below its tip; null before I saw as many. */
function hashBelow({ durable: { recent } }: Turn, blocks: number): BlockHash | null {
  return recent.at(-1 - blocks)?.hash ?? null
}

function sendHeartbeat(turn: Turn): void {
  const { volatile, config, durable } = turn
  volatile.heartbeat_sent_at = turn.at_ms
  const open = openIncidents(turn)
  const from = open.length > MAX_HEARTBEAT_INCIDENTS ? volatile.heartbeat_turn % open.length : 0
  volatile.heartbeat_turn = from + MAX_HEARTBEAT_INCIDENTS
  const named = [...open.slice(from), ...open.slice(0, from)].slice(0, MAX_HEARTBEAT_INCIDENTS)
  const spoken = vaultsSpokenOf(turn)
  const first = spoken.length > MAX_HEARTBEAT_VAULTS ? volatile.heartbeat_vaults_turn % spoken.length : 0
  volatile.heartbeat_vaults_turn = first + MAX_HEARTBEAT_VAULTS
  const spokenNow = [...spoken.slice(first), ...spoken.slice(0, first)].slice(0, MAX_HEARTBEAT_VAULTS)
  turn.gossip(
    turn.sign('heartbeat', {
      tip: durable.position,
      hash_6: hashBelow(turn, 6),
      hash_100: hashBelow(turn, 100),
      chain: volatile.chain,
      implementation: volatile.implementation,
      software: config.software,
      standing: 'serving',
      silent: [],
      ledger_entries: durable.ledger.size,
      guarded_root: NOTHING,
      evidence_digest: NOTHING,
      custody_digest: myCustodyDigest(turn),
      incidents: named.map(([incident_id, incident]) => ({ incident_id, digest: incidentDigest(turn.ports, incident) })),
      owner_messages: spokenNow.flatMap((vault_id) => {
        const digest = myOwnerDigest(turn, vault_id)
        return digest === null ? [] : [{ vault_id, digest }]
      }),
    }),
  )
}

/** Null where I hold no such vault, or nothing was said of it. */
function myOwnerDigest({ durable, ports, tip }: Turn, vault_id: VaultId): Hash32 | null {
  const vault = durable.vaults.get(vault_id)
  return vault ? ownerDigest(ports, vault, tip) : null
}

/** The vaults of these incidents that an order is behind. */
function vaultsBehind(turn: Turn, incidents: readonly IncidentId[]): VaultId[] {
  const vaults = incidents.flatMap((id) => {
    const incident = turn.incident(id)
    return incident && isCommanded(incident.trigger) ? [incident.vault_id] : []
  })
  return [...new Set(vaults)]
}

export function onHeartbeat(turn: Turn, head: Header, body: Heartbeat): VerdictCode {
  const peer = turn.volatile.peers.get(head.from)
  if (!peer) return 'not-a-member'
  peer.heartbeat = body
  peer.heard_at = turn.at_ms
  peer.boot = head.boot
  peer.seq = head.seq
  if (peer.life !== 'alive') setLife(turn, head.from, 'alive')
  pullIfDifferent(turn, head, body)
  return 'accepted'
}

/** At most one Pull per peer and heartbeat period, however often it speaks. */
function pullIfDifferent(turn: Turn, head: Header, body: Heartbeat): void {
  const peer = turn.volatile.peers.get(head.from)
  const period = turn.config.federation.timing.heartbeat_ms
  if (!peer?.connected) return
  // Either way round: the clock may have been set back since.
  if (peer.pulled_at !== null && Math.abs(turn.at_ms - peer.pulled_at) < period) return
  const differing = body.incidents
    .filter(({ incident_id, digest }) => {
      const mine = turn.incident(incident_id)
      return !mine || (mine.settled === null && incidentDigest(turn.ports, mine) !== digest)
    })
    .map(({ incident_id }) => incident_id)
  const custodyDiffers = body.custody_digest !== myCustodyDigest(turn)
  const vaults = body.owner_messages
    .filter(({ vault_id, digest }) => turn.durable.vaults.has(vault_id) && myOwnerDigest(turn, vault_id) !== digest)
    .map(({ vault_id }) => vault_id)
  if (differing.length > 0 || custodyDiffers || vaults.length > 0) {
    pullFrom(turn, head.from, [...new Set(differing)], [...new Set(vaults)])
  }
}

/** Judges every peer by the time since its last heartbeat, or since my own start. */
function judgePeers(turn: Turn): void {
  const { heartbeat_ms, suspect_periods, dead_periods } = turn.config.federation.timing
  const since = Math.min(turn.volatile.started_at ?? turn.at_ms, turn.at_ms)
  for (const [member, peer] of turn.volatile.peers) {
    if (member === turn.config.self) continue
    // Set back, the clock must not make a peer that dies now look alive for as long.
    if (peer.heard_at !== null && peer.heard_at > turn.at_ms) peer.heard_at = turn.at_ms
    const silent_ms = turn.at_ms - (peer.heard_at ?? since)
    const life = silent_ms >= dead_periods * heartbeat_ms ? 'dead' : silent_ms >= suspect_periods * heartbeat_ms ? 'suspect' : peer.life
    if (life !== peer.life && !(peer.life === 'dead' && life === 'suspect')) setLife(turn, member, life)
  }
  tellQuorum(turn)
}

const TOLD: Record<Exclude<PeerLife, 'unknown'>, { level: 'info' | 'warn'; event: 'peer-alive' | 'peer-suspect' | 'peer-dead' }> = {
  alive: { level: 'info', event: 'peer-alive' },
  suspect: { level: 'warn', event: 'peer-suspect' },
  dead: { level: 'warn', event: 'peer-dead' },
}

function setLife(turn: Turn, member: Header['from'], life: PeerLife): void {
  const peer = turn.volatile.peers.get(member)
  if (!peer) return
  peer.life = life
  if (life !== 'unknown') turn.tell({ ...TOLD[life], member })
}

/** With fewer than max(q, t) living members a clawback cannot happen: say so, loudly, once. */
function tellQuorum(turn: Turn): void {
  const { federation, self } = turn.config
  const living = [...turn.volatile.peers].filter(([member, { life }]) => member === self || life !== 'dead').length
  const { q, t } = federation.thresholds.clawback
  const lost = living < Math.max(q, t)
  if (lost === turn.volatile.quorum_lost) return
  turn.volatile.quorum_lost = lost
  turn.tell({
    level: lost ? 'error' : 'info',
    event: lost ? 'quorum-lost' : 'quorum-back',
    detail: `${living} of ${federation.members.length} members live, ${Math.max(q, t)} needed`,
  })
}
