import type { Bitcoind, CallOptions } from '@belfry/bitcoind'
import type { Sats, Txid } from '@belfry/protocol/primitives'
import type { BlockScanner } from '../serial/index.ts'
import type { WatchSet } from '../watch-set/index.ts'
import { findInTransaction, type WatchedCoins } from '../watched/index.ts'

export interface ReadTransaction {
  readonly bytes: Uint8Array
  readonly fee: Sats | null
}

export interface MempoolReadingModules {
  readonly bitcoind: Bitcoind
  readonly watchSet: WatchSet
  readonly coins: WatchedCoins
  readonly scanner: BlockScanner
  readonly call: CallOptions
}

/** Keeps a question's answer to some megabytes, and lets what ZMQ brings come in between. */
const TRANSACTIONS_PER_QUESTION = 100

/**
 * Looks at every transaction of the mempool: at the start, and after messages were lost. Coins with a state are asked for by
 * name; scripts, and lists of millions of coins, can only be found like this.
 */
export class MempoolReading {
  private readonly modules: MempoolReadingModules
  /** Those looked at, of the mempool as it was last. */
  private read = new Set<Txid>()
  private wanted = true
  private wantedAgain = false

  constructor(modules: MempoolReadingModules) {
    this.modules = modules
  }

  get isDue(): boolean {
    const { watchSet, coins } = this.modules
    return this.wanted && (watchSet.scripts.size > 0 || coins.hasUnspoken)
  }

  /** Messages may have been lost: what came into the mempool since the last reading has to be looked at. */
  forget(): void {
    this.wanted = true
    this.wantedAgain = true
  }

  /** What is watched now was not looked for: everything has to be looked at again. */
  forgetAll(): void {
    this.read = new Set()
    this.forget()
  }

  /** @returns false where it has to be done again. @throws BitcoindError, ChainError, what `tell` throws */
  async pass(tell: (transaction: ReadTransaction) => Promise<void>): Promise<boolean> {
    const { bitcoind, call } = this.modules
    this.wantedAgain = false
    const { loaded } = await bitcoind.getMempoolInfo(call)
    const { txids } = await bitcoind.getRawMempool(call)
    const unread = txids.filter((txid) => !this.read.has(txid))
    // What has left may come back, and is news then. What is looked at counts, also where bitcoind soon answers no more.
    const read = this.read = new Set(txids.filter((txid) => this.read.has(txid)))
    for (let i = 0; i < unread.length; i += TRANSACTIONS_PER_QUESTION) {
      const part = unread.slice(i, i + TRANSACTIONS_PER_QUESTION)
      for (const [txid, bytes] of await this.fetch(part)) {
        if (findInTransaction(this.modules.scanner, bytes) === null) continue
        const entry = await bitcoind.getMempoolEntry(txid, call)
        if (entry !== null) await tell({ bytes, fee: entry.fee })
      }
      for (const txid of part) read.add(txid)
    }
    // A bitcoind that reads its mempool back after a restart says so of nothing that it takes back.
    this.wanted = this.wantedAgain || !loaded
    return !this.wantedAgain
  }

  /** Without those that have gone. */
  private async fetch(txids: readonly Txid[]): Promise<Map<Txid, Uint8Array>> {
    const { bitcoind, call } = this.modules
    const calls = txids.map((txid) => ({ method: 'getrawtransaction', params: [txid, false] }))
    const outcomes = await bitcoind.rpc.batch(calls, call)
    const transactions = new Map<Txid, Uint8Array>()
    for (const [i, outcome] of outcomes.entries()) {
      const txid = txids[i]
      if (txid !== undefined && outcome.ok && typeof outcome.result === 'string') transactions.set(txid, Buffer.from(outcome.result, 'hex'))
    }
    return transactions
  }
}
