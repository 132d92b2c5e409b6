import type { BlockRef } from '@belfry/protocol'
import { BoundedMap, type BlockHash } from '@belfry/protocol/primitives'
import { MAX_HEADERS } from './header-log.ts'

/** As far back as the header log goes. */
export const MAX_RECENT_BLOCKS = MAX_HEADERS
/** Announcements of blocks that were given up can be this many behind. */
const MAX_GIVEN_UP = 1_000

/** The last block told, and an unbroken run of those before it. */
export class RecentBlocks {
  /** The oldest first. */
  private readonly blocks: BlockRef[]
  private readonly givenUp = new BoundedMap<BlockHash, true>(MAX_GIVEN_UP)

  /** @param before in any order; what does not join on to the position is left out */
  constructor(position: BlockRef | null, before: readonly BlockRef[]) {
    this.blocks = position === null ? [] : unbrokenRun(position, before)
  }

  get tip(): BlockRef | null {
    return this.blocks.at(-1) ?? null
  }

  get oldest(): BlockRef | null {
    return this.blocks[0] ?? null
  }

  /** The oldest first. */
  all(): readonly BlockRef[] {
    return this.blocks
  }

  /** Null where it is not known here. */
  at(height: number): BlockRef | null {
    const { oldest } = this
    return oldest === null || height < oldest.height ? null : this.blocks[height - oldest.height] ?? null
  }

  get beforeTip(): BlockRef | null {
    return this.blocks.at(-2) ?? null
  }

  has(hash: BlockHash): boolean {
    return this.blocks.some((block) => block.hash === hash)
  }

  /** Adds what comes before the oldest, in any order, as far as it joins on. */
  extendBack(before: readonly BlockRef[]): void {
    const { oldest } = this
    if (oldest === null) return
    const run = unbrokenRun(oldest, before).slice(0, -1)
    this.blocks.unshift(...run.slice(Math.max(0, run.length + this.blocks.length - MAX_RECENT_BLOCKS)))
  }

  push(block: BlockRef): void {
    this.givenUp.delete(block.hash)
    this.blocks.push(block)
    if (this.blocks.length > MAX_RECENT_BLOCKS) this.blocks.shift()
  }

  /** The block before the tip is the tip now. */
  giveUpTip(previous: BlockRef): void {
    const tip = this.blocks.pop()
    if (tip !== undefined) this.givenUp.set(tip.hash, true)
    if (this.tip?.hash !== previous.hash) this.blocks.splice(0, this.blocks.length, previous)
  }

  wasGivenUp(hash: BlockHash): boolean {
    return this.givenUp.has(hash)
  }
}

function unbrokenRun(position: BlockRef, before: readonly BlockRef[]): BlockRef[] {
  const byHeight = new Map<number, BlockRef>(before.map((block) => [block.height, block]))
  const run = [position]
  for (let height = position.height - 1; run.length < MAX_RECENT_BLOCKS; height--) {
    const block = byHeight.get(height)
    if (block === undefined) break
    run.push(block)
  }
  return run.toReversed()
}
