/** Whether a command was given now. Pure: it asks the blocks that I have seen and what other members say. */
import type { BlockRef } from '../chain/index.ts'
import type { Height, MemberIndex } from '../primitives/index.ts'
import { ANCHOR_DEPTH, COMMAND_RECENCY } from './command.ts'

/**
 * An anchor above my tip by more than this is not held: once I have caught up, others hand it over. What is held falls due soon, or
 * commands far ahead could keep the places of those that are wanted now.
 */
export const MAX_ANCHOR_LEAD = 12

/**
 * `early`: its anchor is not deep enough at me yet. `too-early`: nor will it be soon. `foreign`: at that height my chain has
 * another block. `old`: it did not reach me in time, and counts only by what other members say.
 */
export type Recency = 'recent' | 'early' | 'too-early' | 'foreign' | 'old'

/**
 * @param recent the blocks that I have seen. A member that has not followed the chain for long cannot know an anchor's hash and
 * goes by its height: the hash guards against orders signed ahead of their time, which other members see.
 */
export function recencyOf(tip: Height, recent: readonly BlockRef[], anchor: BlockRef): Recency {
  if (anchor.height > tip + MAX_ANCHOR_LEAD) return 'too-early'
  if (anchor.height > tip - ANCHOR_DEPTH) return 'early'
  const mine = recent.find(({ height }) => height === anchor.height)
  if (mine && mine.hash !== anchor.hash) return 'foreign'
  return tip - ANCHOR_DEPTH - anchor.height <= COMMAND_RECENCY ? 'recent' : 'old'
}

/**
 * How many other members say that they took it while it was recent. Whoever took it late because others said so tells a later
 * height, and vouches for nothing.
 */
export function timelyWitnesses(
  notices: ReadonlyMap<MemberIndex, { readonly height: Height }>,
  anchor: BlockRef,
  self: MemberIndex,
): number {
  const first = anchor.height + ANCHOR_DEPTH
  const timely = [...notices].filter(
    ([member, { height }]) => member !== self && height >= first && height <= first + COMMAND_RECENCY,
  )
  return timely.length
}
