/** What a member remembers of tips while it runs. Times are listened ones (liveness/judging.ts), so no step of a clock makes anything last. */
import type { BlockRef } from '../chain/index.ts'
import type { BlockHash, MemberIndex } from '../primitives/index.ts'
import type { TipClass, TipRelation } from './classes.ts'

/** The way of one question for headers; at most one is under way per peer. */
export type Asking = 'no' | 'asked' | 'submitting'

export interface PeerTip {
  class: TipClass
  /** The last class that the operator was warned of; null where all is well again. */
  told: TipClass | null
  relation: TipRelation
  /** Since when the relation is what it is, since when the tip is, and when it was level last. */
  since: number
  moved_at: number
  level_at: number
  hash: BlockHash | null
  asking: Asking
  asked_at: number | null
  /** Questions in a row that led to no chain that my bitcoind took. */
  failures: number
  /** The last of them my bitcoind called invalid. */
  is_refused: boolean
  /** The last header of an answer that was full, to go on from. */
  reached: BlockHash | null
  /** Its own questions: whether one is being answered, and when the last came. */
  is_answering: boolean
  wanted_at: number | null
}

export function noTip(): PeerTip {
  return {
    class: 'unknown',
    told: null,
    relation: 'unknown',
    since: 0,
    moved_at: 0,
    level_at: 0,
    hash: null,
    asking: 'no',
    asked_at: null,
    failures: 0,
    is_refused: false,
    reached: null,
    is_answering: false,
    wanted_at: null,
  }
}

/** A chain that my bitcoind took the headers of and that has more work than mine. */
export interface BetterChain {
  /** Who showed it last. */
  readonly member: MemberIndex
  readonly tip: BlockRef
  /** Where it leaves the chain that my bitcoind is on, and since when that is known. */
  readonly base: BlockRef
  readonly base_since: number
  readonly since: number
}

export interface OwnTip {
  class: TipClass
  told: TipClass | null
  hash: BlockHash | null
  moved_at: number
  /** Since when so many others tell tips above mine; null while they do not. */
  behind_since: number | null
  one_behind_since: number | null
  better: BetterChain | null
}

export function noOwnTip(): OwnTip {
  return { class: 'unknown', told: null, hash: null, moved_at: 0, behind_since: null, one_behind_since: null, better: null }
}
