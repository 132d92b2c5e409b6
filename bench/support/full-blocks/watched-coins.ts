/** A scanner that watches a million outpoints, one of them spent in each block. */
import { createTxidHasher } from '../../../packages/node/src/chain/hashing/index.ts'
import { BlockScanner } from '../../../packages/node/src/chain/serial/index.ts'
import { WatchSet } from '../../../packages/node/src/chain/watch-set/index.ts'
import type { NumberedBlock } from './full-blocks.ts'

const WATCHED = 1_000_000
const OUTPOINT_BYTES = 36

export class WatchedCoins {
  readonly #watchSet = new WatchSet()
  readonly #scanner = new BlockScanner(this.#watchSet, createTxidHasher())

  constructor() {
    const others = new Uint8Array(OUTPOINT_BYTES)
    const view = new DataView(others.buffer)
    for (let i = 0; i < WATCHED; i++) {
      view.setUint32(0, Math.imul(i, 0x9e3779b1))
      view.setUint32(4, i)
      this.#watchSet.outpoints.add(view, 0)
    }
    this.#watchSet.settle()
  }

  /** Watches what is spent in the middle of the block. @returns what a scan finds then */
  watch({ coins }: NumberedBlock): number {
    const coin = coins[coins.length >> 1]
    if (coin === undefined) throw new RangeError('a full block spends something')
    const outpoint = new Uint8Array(OUTPOINT_BYTES)
    const view = new DataView(outpoint.buffer)
    outpoint.set(coin.txid)
    view.setUint32(OUTPOINT_BYTES - 4, coin.vout, true)
    return this.#watchSet.outpoints.add(view, 0)
  }

  /** The one watched outpoint that is spent in it; null unless there is exactly one. */
  scan(bytes: Uint8Array): number | null {
    const hits = this.#scanner.scanBlock(bytes)
    return hits.count === 1 && hits.kind(0) === 'spend' ? hits.entry(0) : null
  }

  scanTransaction(bytes: Uint8Array): void {
    this.#scanner.scanTransaction(bytes)
  }
}
