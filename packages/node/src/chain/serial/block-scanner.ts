import type { TxidHasher } from '../hashing/txid-hasher.ts'
import type { WatchSet } from '../watch-set/index.ts'
import { BlockWalk } from './block-walk.ts'
import { malformed, truncated } from './compact-size.ts'
import { HitBuffer, type Hits } from './hits.ts'
import { MAX_SERIALISED_BYTES } from './limits.ts'
import { searchInputs, searchOutputs, searchTxids } from './search.ts'

/** More than almost every block has. */
const FIRST_CAPACITY = 8_192

/**
 * Finds what is watched in blocks and transactions as they are on the wire. First all is walked, so that nothing is
 * found in what does not end where it must; then what was noted is looked up.
 *
 * It allocates nothing, except room for more hits or transactions than ever before, and a view where the bytes are in
 * another buffer than the last. It holds the last bytes until the next. The merkle root is not checked: bitcoind has
 * done that.
 */
export class BlockScanner {
  private readonly watchSet: WatchSet
  private readonly hasher: TxidHasher
  private readonly walk = new BlockWalk(FIRST_CAPACITY)
  private readonly wanted = { inputs: false, outputs: false }
  private readonly hits = new HitBuffer(this.walk.layouts)
  /** To be merged into the others. */
  private readonly more = new HitBuffer(this.walk.layouts)
  private view: DataView = new DataView(new ArrayBuffer(0))

  constructor(watchSet: WatchSet, hasher: TxidHasher) {
    this.watchSet = watchSet
    this.hasher = hasher
  }

  /** @throws ChainError truncated, malformed, trailing-bytes: then nothing is found, whatever its first part has */
  scanBlock(bytes: Uint8Array): Hits {
    this.see(bytes)
    this.walk.block(this.view, bytes.byteOffset, bytes.byteOffset + bytes.length, this.wanted)
    return this.search(bytes)
  }

  /** One transaction, which must be all of the bytes. @throws ChainError truncated, malformed, trailing-bytes */
  scanTransaction(bytes: Uint8Array): Hits {
    this.see(bytes)
    this.walk.transaction(this.view, bytes.byteOffset, bytes.byteOffset + bytes.length, this.wanted)
    return this.search(bytes)
  }

  /** And forgets what was found in the last bytes. */
  private see(bytes: Uint8Array): void {
    this.hits.clear(this.view)
    if (bytes.length === 0) throw truncated()
    if (bytes.length > MAX_SERIALISED_BYTES) throw malformed('there are more bytes than a block can have')
    if (this.view.buffer !== bytes.buffer) this.view = new DataView(bytes.buffer)
    this.hits.clear(this.view)
    this.wanted.inputs = this.watchSet.outpoints.size > 0
    this.wanted.outputs = this.watchSet.scripts.size > 0
  }

  private search(bytes: Uint8Array): Hits {
    const { view, wanted, walk, hits, more } = this
    const { outpoints, scripts, txidLocators, hashedLocators } = this.watchSet
    if (wanted.outputs) searchOutputs(view, bytes.byteOffset, walk, scripts, hits)
    if (wanted.inputs) {
      more.clear(view)
      searchInputs(view, bytes.byteOffset, walk, outpoints, more)
      hits.putBefore(more)
    }
    if (txidLocators.size > 0 || hashedLocators.size > 0) {
      more.clear(view)
      this.hasher.load(bytes, walk.layouts)
      searchTxids(this.hasher, txidLocators, hashedLocators, more)
      hits.putBefore(more)
    }
    return hits
  }
}
