import { invariant } from '@belfry/protocol/primitives'
import { LAYOUT_WORDS, type Layouts } from '../serial/layouts.ts'

const HASH_BYTES = 32

/** An offset into the memory. */
export type Address = number

/** What double-sha256.wat exports; it says more of each. */
export interface DoubleSha256 {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly layouts: Constant<Address>
  readonly txids: Constant<Address>
  readonly hashedTxids: Constant<Address>
  readonly block: Constant<Address>
  readonly maxTransactions: Constant<number>
  readonly maxBytes: Constant<number>
  readonly hashTransactions: (count: number) => void
  readonly hashTxids: (count: number) => void
}

interface Constant<T> {
  readonly value: T
}

/**
 * The txids of all transactions of a block, batch by batch, in a memory of fixed size that is used again for every
 * block: it allocates nothing. After `load`, `hashNext` until it says 0.
 */
export class TxidHasher {
  /** Of the whole memory, in which a batch's hashes are at `txidAt` and `hashedTxidAt`. */
  readonly view: DataView
  private readonly wasm: DoubleSha256
  private readonly block: Uint8Array
  private readonly batch: Uint32Array
  private readonly txids: number
  private readonly hashedTxids: number
  private readonly maxTransactions: number
  private layouts: Layouts | null = null
  /** Transactions of the block that have been hashed. */
  private done = 0
  /** Those of them that the last batch hashed. */
  private count = 0

  constructor(wasm: DoubleSha256) {
    const { buffer } = wasm.memory
    this.wasm = wasm
    this.view = new DataView(buffer)
    this.block = new Uint8Array(buffer, wasm.block.value, wasm.maxBytes.value)
    this.maxTransactions = wasm.maxTransactions.value
    this.batch = new Uint32Array(buffer, wasm.layouts.value, LAYOUT_WORDS * this.maxTransactions)
    this.txids = wasm.txids.value
    this.hashedTxids = wasm.hashedTxids.value
    // The system gives the memory when it is first written; no block should wait for that.
    this.block.fill(0)
  }

  /** @param bytes as many as a block has at most, and the layouts of transactions in them, from front to back */
  load(bytes: Uint8Array, layouts: Layouts): void {
    invariant(bytes.length <= this.block.length, 'a block has no more bytes than fit')
    this.block.set(bytes)
    this.layouts = layouts
    this.done = 0
    this.count = 0
  }

  /** Hashes as many of the transactions that are left as a batch can have, and says how many they were. */
  hashNext(): number {
    const { layouts, batch, done } = this
    if (layouts === null) return 0
    const count = Math.min(this.maxTransactions, layouts.count - done)
    const from = LAYOUT_WORDS * done
    const words = LAYOUT_WORDS * count
    for (let i = 0; i < words; i++) batch[i] = layouts.words[from + i] ?? 0
    if (count > 0) this.wasm.hashTransactions(count)
    this.done = done + count
    this.count = count
    return count
  }

  /** SHA-256 of each txid of the batch. */
  hashTxids(): void {
    this.wasm.hashTxids(this.count)
  }

  /** The address of the txid of transaction `i` of the batch: 32 bytes in the order in which they are hashed. */
  txidAt(i: number): Address {
    return this.txids + HASH_BYTES * i
  }

  hashedTxidAt(i: number): Address {
    return this.hashedTxids + HASH_BYTES * i
  }
}
