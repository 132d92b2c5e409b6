/**
 * Who lives. A peer that I do not hear is suspect by my own ears; dead it is only when I hear a majority, so that I am not the one who
 * is cut off, and enough members say that they do not hear it either (docs/decisions/0013). Feeds turns and alerts, never the
 * counting of votes.
 */
import { judgeTips } from '../tips/judging.ts'
import type { MemberIndex, Millis } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'
import type { Peer, PeerLife } from '../state/volatile.ts'
import { judgeClocks } from './clocks.ts'
import { forgetOldDoubles } from './flags.ts'
import { listenedIn } from './listening.ts'
import { judgeMonoculture } from './monoculture.ts'

/** By my own ears alone. */
export type Silence = 'none' | 'suspect' | 'dead'

/** Nothing was heard of it for as long as of a dead one, whatever the others say: it is not waited for. */
export function isLost(peer: Pick<Peer, 'life' | 'silence'> | undefined): boolean {
  return peer?.life === 'dead' || peer?.silence === 'dead'
}

/** More than half of the members, myself included. */
export function majorityOf(members: number): number {
  return Math.floor(members / 2) + 1
}

/** Once each period: of every peer whether it lives, and how its clock and its tip are. */
export function judgePeers(turn: Turn): void {
  listen(turn)
  for (const [member, peer] of others(turn)) {
    peer.silence = silenceOf(turn, peer)
    forgetOldDoubles(turn, member, peer)
  }
  const hearing = heardBy(turn, 'none')
  tellIsolation(turn, hearing)
  for (const [member, peer] of others(turn)) {
    const life = lifeOf(turn, member, peer, hearing)
    if (life !== peer.life) setLife(turn, member, life)
  }
  tellQuorum(turn)
  judgeClocks(turn)
  judgeMonoculture(turn)
  judgeTips(turn)
}

function others({ volatile, config }: Turn): [MemberIndex, Peer][] {
  return [...volatile.peers].filter(([member]) => member !== config.self)
}

/**
 * The time that I have spent listening. In a step of my clock, or while my process stood still, I could hear nobody: that is no
 * silence of theirs, nor does anything else that has to last a while last longer for it.
 */
function listen({ volatile, at_ms, config }: Turn): void {
  const gap_ms = volatile.judged_at === null ? 0 : at_ms - volatile.judged_at
  const heard_ms = listenedIn(gap_ms, config.federation.timing)
  volatile.listened_ms += heard_ms
  volatile.judged_at = at_ms
  const missed_ms = gap_ms - heard_ms
  volatile.listening_since = shifted(volatile.listening_since ?? volatile.started_at ?? at_ms, missed_ms, at_ms)
  for (const peer of volatile.peers.values()) {
    if (peer.heard_at !== null) peer.heard_at = shifted(peer.heard_at, missed_ms, at_ms)
  }
}

/** Not later than now: a clock that was set back must not make a peer that dies now look alive for as long. */
function shifted(since: Millis, missed_ms: number, at_ms: Millis): Millis {
  return Math.min(at_ms, since + Math.max(0, missed_ms)) as Millis
}

function silenceOf({ at_ms, volatile, config }: Turn, { heard_at }: Peer): Silence {
  const { heartbeat_ms, suspect_periods, dead_periods } = config.federation.timing
  const silent_ms = at_ms - (heard_at ?? volatile.listening_since ?? at_ms)
  if (silent_ms >= dead_periods * heartbeat_ms) return 'dead'
  return silent_ms >= suspect_periods * heartbeat_ms ? 'suspect' : 'none'
}

/** Members, myself included, that are no more silent than that. */
function heardBy(turn: Turn, most: 'none' | 'suspect'): number {
  return 1 + others(turn).filter(([, { silence }]) => silence === 'none' || silence === most).length
}

/** Only a heartbeat makes a peer alive. */
function lifeOf(turn: Turn, member: MemberIndex, { life, silence }: Peer, hearing: number): PeerLife {
  if (silence === 'none' || life === 'dead') return life
  return silence === 'dead' && isReported(turn, member, hearing) ? 'dead' : 'suspect'
}

/**
 * b+1 members, of whom one at least is honest, report it; I am one of them. Where fewer than 2b+1 are heard, liars among them could
 * keep that from ever coming about by saying nothing: then as many as must be honest are enough.
 */
function isReported(turn: Turn, member: MemberIndex, hearing: number): boolean {
  const { b, members } = turn.config.federation
  if (hearing < majorityOf(members.length) || hasJustReturned(turn)) return false
  const reporters = others(turn).filter(([, { silence, heartbeat }]) => silence === 'none' && heartbeat?.silent.includes(member))
  return 1 + reporters.length >= Math.min(b + 1, Math.max(1, hearing - b))
}

/** While I was cut off I heard nobody, nor perhaps did the others: who lives has some periods in which to be heard again. */
export function hasJustReturned({ volatile: { is_isolated, reachable_since, listened_ms }, config }: Turn): boolean {
  const { heartbeat_ms, suspect_periods } = config.federation.timing
  return is_isolated || (reachable_since !== null && listened_ms - reachable_since < suspect_periods * heartbeat_ms)
}

/** What my heartbeat says of whom I do not hear. */
export function silentPeers(turn: Turn): MemberIndex[] {
  return others(turn).flatMap(([member, { silence }]) => (silence === 'none' ? [] : [member])).toSorted((a, b) => a - b)
}

const TOLD: Record<Exclude<PeerLife, 'unknown'>, { level: 'info' | 'warn'; event: 'peer-alive' | 'peer-suspect' | 'peer-dead' }> = {
  alive: { level: 'info', event: 'peer-alive' },
  suspect: { level: 'warn', event: 'peer-suspect' },
  dead: { level: 'warn', event: 'peer-dead' },
}

export function setLife(turn: Turn, member: MemberIndex, life: PeerLife): void {
  const peer = turn.volatile.peers.get(member)
  if (!peer) return
  peer.life = life
  if (life !== 'unknown') turn.tell({ ...TOLD[life], member })
}

/** It begins late and ends at once, so that a moment without messages is not told. */
function tellIsolation(turn: Turn, hearing: number): void {
  const { volatile, config: { self, federation: { members } } } = turn
  const majority = majorityOf(members.length)
  const is_isolated = volatile.is_isolated ? hearing < majority : heardBy(turn, 'suspect') < majority
  if (is_isolated === volatile.is_isolated) return
  volatile.is_isolated = is_isolated
  if (!is_isolated) volatile.reachable_since = volatile.listened_ms
  turn.tell({
    level: is_isolated ? 'error' : 'info',
    event: is_isolated ? 'self-isolated' : 'self-reachable',
    member: self,
    detail: `${hearing} of ${members.length} members heard, this one included`,
  })
}

/** With fewer than max(q, t) members that I hear of a clawback cannot happen: say so, loudly, once. */
function tellQuorum(turn: Turn): void {
  const { federation } = turn.config
  const living = 1 + others(turn).filter(([, peer]) => !isLost(peer)).length
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
