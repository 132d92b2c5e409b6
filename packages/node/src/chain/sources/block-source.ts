import { type BitcoindError, type CallOptions } from '@belfry/bitcoind'
import type { BlockHash } from '@belfry/protocol/primitives'

/** In the order in which they are asked. The name doubles as metric label. */
export type BlockSourceName = 'zmq' | 'rest' | 'rpc'

export type BlockOutcome<E extends Error = BitcoindError> =
  /** As on the wire, and this array's own: nobody writes to it any more. */
  | { readonly kind: 'block'; readonly bytes: Uint8Array }
  | { readonly kind: 'not-there'; readonly reason: NotThere }
  /** Neither this nor that is known: later, or elsewhere. */
  | { readonly kind: 'not-now'; readonly error: E }

export type NotThere =
  /** bitcoind knows no such block. */
  | 'unknown'
  /** bitcoind has the header, and not the block: pruned, or not fetched yet. */
  | 'not-stored'
  /** The source does not say which; or it is off. */
  | 'unsaid'

/** One way to come by the bytes of a block. */
export interface BlockSource {
  readonly name: BlockSourceName
  /** Whether it has every block that bitcoind has. Then it is at fault when it lacks one that another has. */
  readonly isComplete: boolean
  /**
   * The bytes are not looked at: whoever asks checks that they are this block.
   * @throws BitcoindError aborted; nothing else but a bug
   */
  fetch(hash: BlockHash, options?: CallOptions): Promise<BlockOutcome>
  /** What it keeps of this block cannot be read. */
  forget?(hash: BlockHash): void
}
