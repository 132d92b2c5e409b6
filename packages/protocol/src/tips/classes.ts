/**
 * How one member's tip stands to another's chain. What a heartbeat claims is enough to say that its sender is behind or beside my
 * chain, for mine was validated; that it is ahead of mine counts only once my own bitcoind has taken the headers (headers.ts).
 */
import type { BlockRef } from '../chain/index.ts'
import type { Heartbeat } from '../messages/heartbeat.ts'

export const TIP_CLASSES = ['unknown', 'in-sync', 'lagging', 'stuck', 'forked', 'eclipse-suspected'] as const
/** `eclipse-suspected` is only ever said of one's own tip. */
export type TipClass = (typeof TIP_CLASSES)[number]

/** What one heartbeat says, before it has lasted. */
export type TipRelation =
  /** Nothing was seen yet, here or there, or it is not heard now. */
  | 'unknown'
  /** At my tip, or one of two blocks found at the same time. */
  | 'level'
  | 'one-behind'
  /** Two blocks behind or more. */
  | 'behind'
  /** Not above mine, and not in my chain. */
  | 'beside'
  /** Above mine. */
  | 'ahead'

/** `recent`: my newest blocks, the oldest first, without a gap. */
export function tipRelation(recent: readonly BlockRef[], { tip, hash_6 }: Pick<Heartbeat, 'tip' | 'hash_6'>): TipRelation {
  const [oldest] = recent
  const newest = recent.at(-1)
  if (tip === null || oldest === undefined || newest === undefined) return 'unknown'
  const behind = newest.height - tip.height
  if (behind < 0) return 'ahead'
  if (tip.height >= oldest.height && recent[tip.height - oldest.height]?.hash !== tip.hash) {
    return behind === 0 && shares(recent, hash_6) ? 'level' : 'beside'
  }
  return behind === 0 ? 'level' : behind === 1 ? 'one-behind' : 'behind'
}

/** Nothing is known of what was before the first block that either of us saw. */
function shares(recent: readonly BlockRef[], hash_6: Heartbeat['hash_6']): boolean {
  return hash_6 === null || recent.length <= 6 || recent.some(({ hash }) => hash === hash_6)
}

/** Periods that a member may be behind, or beside: blocks reach a node within seconds, one in a hundred within a minute. */
export const LASTING_PERIODS = 12
/** Periods without a block while others are ahead: ten minutes at the usual ten seconds. */
export const STUCK_PERIODS = 60
/** Periods for which my bitcoind has known of a chain with more work than it gives me: half an hour at the usual ten seconds. */
export const ECLIPSE_PERIODS = 180

/** The relation now, and for how many periods: it, no relation of `level`, and the same tip. */
export interface TipHistory {
  readonly relation: TipRelation
  readonly lasted: number
  readonly off: number
  readonly unmoved: number
}

/** Of another member's tip. `ahead` says nothing until headers have been judged: until then all is as it was. */
export function tipClass(before: TipClass, { relation, lasted, off, unmoved }: TipHistory): TipClass {
  const asBefore = before === 'unknown' ? 'in-sync' : before
  switch (relation) {
    case 'unknown':
      return before
    case 'level':
      return 'in-sync'
    case 'one-behind':
      return Math.min(off, unmoved) >= STUCK_PERIODS ? 'stuck' : 'in-sync'
    case 'behind':
      if (Math.min(off, unmoved) >= STUCK_PERIODS) return 'stuck'
      return lasted >= LASTING_PERIODS ? 'lagging' : asBefore
    case 'beside':
      return lasted >= LASTING_PERIODS ? 'forked' : asBefore
    case 'ahead':
      return asBefore
  }
}

/** What is known of chains that are better than mine. */
export interface OwnHistory {
  /** Periods for which more than b members have told tips that are two blocks above mine or more; for one block or more; of no block. */
  readonly behind: number
  readonly one_behind: number
  readonly unmoved: number
  /** Periods for which my bitcoind has known of a chain with more work, and for which that has left mine at one block below my tip. */
  readonly better: number
  readonly beside: number
}

/** Of my own tip. A claim of others can show no more than that I am behind; the rest my bitcoind has to say. */
export function ownTipClass({ behind, one_behind, unmoved, better, beside }: OwnHistory): TipClass {
  if (better >= ECLIPSE_PERIODS) return 'eclipse-suspected'
  if (beside >= LASTING_PERIODS) return 'forked'
  if (Math.min(Math.max(one_behind, better), unmoved) >= STUCK_PERIODS) return 'stuck'
  return Math.max(behind, better) >= LASTING_PERIODS ? 'lagging' : 'in-sync'
}
