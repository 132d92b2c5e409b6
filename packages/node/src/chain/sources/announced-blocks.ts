import { BitcoindError, type CallOptions } from '@belfry/bitcoind'
import type { BlockHash } from '@belfry/protocol/primitives'
import { type BlockBytes, MAX_SERIALISED_BYTES, readBlock } from '../serial/index.ts'
import type { BlockOutcome, BlockSource } from './block-source.ts'

/**
 * A chain moves by one block, or by a few in a reorganisation; what is announced while the follower is behind it is
 * fetched when its turn comes.
 */
export const MAX_ANNOUNCED_BLOCKS = 8
/** As many full ones. */
export const MAX_ANNOUNCED_BYTES = MAX_ANNOUNCED_BLOCKS * MAX_SERIALISED_BYTES

const NOT_KEPT: BlockOutcome = { kind: 'not-there', reason: 'unsaid' }

/** The last blocks that bitcoind announced with all their bytes, by ZMQ `rawblock`. */
export class AnnouncedBlocks implements BlockSource {
  readonly name = 'zmq'
  readonly isComplete = false
  /** The oldest first. */
  private readonly blocks = new Map<BlockHash, Uint8Array>()
  private heldBytes = 0

  get size(): number {
    return this.blocks.size
  }

  get bytes(): number {
    return this.heldBytes
  }

  /**
   * Keeps it, in place of the oldest where there are too many.
   * @param bytes not to be written to any more
   * @throws ChainError truncated when it is shorter than a header: nothing else is looked at
   */
  keep(bytes: Uint8Array): BlockBytes {
    const block = readBlock(bytes)
    this.forget(block.hash)
    this.blocks.set(block.hash, bytes)
    this.heldBytes += bytes.length
    for (const hash of this.blocks.keys()) {
      if (this.blocks.size <= MAX_ANNOUNCED_BLOCKS && this.heldBytes <= MAX_ANNOUNCED_BYTES) break
      this.forget(hash)
    }
    return block
  }

  async fetch(hash: BlockHash, options: CallOptions = {}): Promise<BlockOutcome> {
    if (options.signal?.aborted === true) throw new BitcoindError('aborted', 'the block is not wanted any more')
    const bytes = this.blocks.get(hash)
    return bytes === undefined ? NOT_KEPT : { kind: 'block', bytes }
  }

  forget(hash: BlockHash): void {
    this.heldBytes -= this.blocks.get(hash)?.length ?? 0
    this.blocks.delete(hash)
  }
}
