/** When votes together make a certificate. */
import type { Height, MemberIndex } from '../primitives/index.ts'
import type { HeldVote } from '../state/durable.ts'

/** Anchors of one certificate lie within this many blocks of each other. */
export const CERTIFICATE_WINDOW = 12
/** No vote older than this is used. */
export const CERTIFICATE_AGE = 24
/** A vote above my tip waits until I have caught up to within this. */
export const ANCHOR_LEAD = 6
/** A vote is renewed when my tip is this far past its anchor. */
export const VOTE_RENEWAL = 6

/**
 * The members whose votes count together now: the most that fit in one window, by index. A certificate is valid when
 * they are q or more.
 */
export function countedVoters(votes: ReadonlyMap<MemberIndex, HeldVote>, tip: Height): MemberIndex[] {
  const usable = [...votes]
    .map(([member, { anchor_height }]) => ({ member, anchor: anchor_height }))
    .filter(({ anchor }) => anchor <= tip + ANCHOR_LEAD && anchor >= tip - CERTIFICATE_AGE)
    .toSorted((a, b) => a.anchor - b.anchor || a.member - b.member)
  let best: typeof usable = []
  let from = 0
  for (let to = 0; to < usable.length; to++) {
    while ((usable[to]?.anchor ?? 0) - (usable[from]?.anchor ?? 0) > CERTIFICATE_WINDOW) from++
    // At equal size the later window wins: it stays valid longer.
    if (to - from + 1 >= best.length) best = usable.slice(from, to + 1)
  }
  return best.map(({ member }) => member).toSorted((a, b) => a - b)
}
