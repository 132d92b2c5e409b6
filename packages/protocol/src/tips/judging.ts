/** Each period: how every tip stands, for how long, and what of it operators have to know. */
import type { MemberIndex } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'
import type { Peer } from '../state/volatile.ts'
import { type TipClass, ownTipClass, tipClass, tipRelation } from './classes.ts'
import { askForHeaders, hasFailed } from './asking.ts'
import type { OwnTip, PeerTip } from './state.ts'

export function judgeTips(turn: Turn): void {
  const { volatile, config: { self } } = turn
  for (const [member, peer] of volatile.peers) if (member !== self) judgePeer(turn, member, peer)
  dropBetter(turn)
  for (const [member, peer] of volatile.peers) if (member !== self) askForHeaders(turn, member, peer)
  judgeOwn(turn)
}

export function periodsSince({ volatile, config }: Turn, since: number | null): number {
  return since === null ? 0 : Math.floor((volatile.listened_ms - since) / config.federation.timing.heartbeat_ms)
}

function judgePeer(turn: Turn, member: MemberIndex, peer: Peer): void {
  const { volatile: { listened_ms }, durable } = turn
  const { tip: seen, heartbeat, silence } = peer
  const isHeard = silence === 'none' && heartbeat !== null
  const relation = isHeard ? tipRelation(durable.recent, heartbeat) : 'unknown'
  const hash = heartbeat?.tip?.hash ?? null
  if (relation !== seen.relation) seen.since = listened_ms
  if (hash !== seen.hash || !isHeard) seen.moved_at = listened_ms
  if (relation === 'level' || relation === 'unknown') seen.level_at = listened_ms
  if (relation !== 'ahead' && relation !== 'beside') seen.failures = 0
  seen.relation = relation
  seen.hash = hash
  const found = isOfNoChain(turn, seen) ? 'forked' : tipClass(seen.class, {
    relation,
    lasted: periodsSince(turn, seen.since),
    off: periodsSince(turn, seen.level_at),
    unmoved: periodsSince(turn, seen.moved_at),
  })
  setClass(turn, member, seen, silence === 'dead' ? 'unknown' : found, () => tipsText(turn, heartbeat?.tip?.height ?? null))
}

/**
 * My bitcoind refuses what leads to its tip, or there is no way to it. Where more than b members tell of tips above mine there is one:
 * then it is I who lags, and who may not be heard.
 */
function isOfNoChain({ volatile: { own_tip } }: Turn, tip: PeerTip): boolean {
  return hasFailed(tip) && (tip.is_refused || own_tip.one_behind_since === null)
}

function tipsText(turn: Turn, height: number | null): string {
  return `tip ${height ?? 'unknown'}, mine ${turn.tip}`
}

const LEVELS = { lagging: 'warn', stuck: 'warn', forked: 'warn', 'eclipse-suspected': 'error' } as const
const EVENTS = { lagging: 'tip-lagging', stuck: 'tip-stuck', forked: 'tip-forked', 'eclipse-suspected': 'eclipse-suspected' } as const

/** Warns once of each class, and says once that all is well again. */
function setClass(turn: Turn, member: MemberIndex, tip: PeerTip | OwnTip, found: TipClass, detail: () => string): void {
  tip.class = found
  if (found === 'unknown' || found === tip.told) return
  if (found !== 'in-sync') {
    tip.told = found
    turn.tell({ level: LEVELS[found], event: EVENTS[found], member, detail: detail() })
  } else if (tip.told !== null) {
    tip.told = null
    turn.tell({ level: 'info', event: 'tip-in-sync', member, detail: detail() })
  }
}

/** My chain has come to it, or nobody tells any more of what is not in mine. */
function dropBetter({ volatile: { own_tip, peers }, durable }: Turn): void {
  const { better } = own_tip
  if (better === null) return
  const isMine = durable.recent.some(({ hash }) => hash === better.tip.hash)
  const isTold = [...peers.values()].some(({ tip: { relation } }) => relation === 'ahead' || relation === 'beside')
  if (isMine || !isTold) own_tip.better = null
}

function judgeOwn(turn: Turn): void {
  const { volatile: { own_tip, listened_ms, peers }, durable: { position }, config: { self, federation } } = turn
  if (position?.hash !== own_tip.hash) own_tip.moved_at = listened_ms
  own_tip.hash = position?.hash ?? null
  const heard = [...peers].filter(([member, { tip: { relation } }]) => member !== self && relation !== 'unknown').map(([, peer]) => peer)
  const higher = heard.flatMap(({ tip: { relation }, heartbeat }) => (relation === 'ahead' && heartbeat?.tip ? [heartbeat.tip.height] : []))
  const above = (blocks: number): boolean => higher.filter((height) => height >= turn.tip + blocks).length > federation.b
  own_tip.behind_since = above(2) ? (own_tip.behind_since ?? listened_ms) : null
  own_tip.one_behind_since = above(1) ? (own_tip.one_behind_since ?? listened_ms) : null
  const { better } = own_tip
  const found = position === null || heard.length === 0 ? 'unknown' : ownTipClass({
    behind: periodsSince(turn, own_tip.behind_since),
    one_behind: periodsSince(turn, own_tip.one_behind_since),
    unmoved: periodsSince(turn, own_tip.moved_at),
    better: periodsSince(turn, better?.since ?? null),
    beside: better === null || better.base.height >= position.height ? 0 : periodsSince(turn, better.base_since),
  })
  const shown = better === null ? '' : `; member ${better.member} showed headers up to ${better.tip.height} ${better.tip.hash}`
  setClass(turn, self, own_tip, found, () => `mine is ${turn.tip}${shown}`)
}
