import type { BlockRef, SpendTx } from '@belfry/protocol'
import {
  type BlockHash, type Hash32, type Height, type Millis, type Outpoint, outpointOf, sats, toHex, type Txid,
} from '@belfry/protocol/primitives'
import { type FoundPayment, type SpendEvent, type Watched, WatchSet } from '../../../src/chain/index.ts'
import { WatchedCoins } from '../../../src/chain/watched/index.ts'
import { type Movement, MovementBook, readTold } from '../../../src/movements/index.ts'
import { WatchBook } from '../../../src/wallets/index.ts'
import { read } from '../../wallets/support.ts'
import { StoredRows } from './wallet-watcher.ts'

/** A book without a chain, and the rows that it asks for. */
export class BookAlone {
  readonly store = new StoredRows()
  readonly watchSet = new WatchSet()
  readonly coins: WatchedCoins
  readonly book: MovementBook
  /** Bytes of all rows that were asked for. */
  written = 0
  private readonly script: number

  private constructor(watches: WatchBook, script: Uint8Array, limit?: number) {
    this.coins = new WatchedCoins(this.watchSet, limit)
    this.script = this.watchSet.scripts.add(script)
    const init = { stored: [], lastTold: 0, facts: new Set<string>() }
    this.book = new MovementBook(init, { coins: this.coins, watchSet: this.watchSet, watches, now: () => 1 as Millis })
  }

  static async of(script: Uint8Array, limit?: number): Promise<BookAlone> {
    const { watch } = await read('script', toHex(script))
    return new BookAlone(await WatchBook.of([watch], 'regtest'), script, limit)
  }

  payments(count: number, first = 0): FoundPayment[] {
    return Array.from({ length: count }, (_, i) => ({ script: this.script, vout: first + i, value: sats(1_000 + i) }))
  }

  follow(outpoint: Outpoint): Watched {
    const watched = this.coins.follow(outpoint)
    if (watched === null) throw new Error('there is no room')
    return watched
  }

  async seen(watched: Watched, tx: SpendTx, payments: readonly FoundPayment[]): Promise<void> {
    const { outpoint, mempool } = watched
    this.coins.setMempool(watched, { txid: tx.txid, from: 'zmq' })
    await this.tell(watched, mempool === null
      ? { event: 'spend-seen', outpoint, tx }
      : { event: 'spend-replaced', outpoint, old_txid: mempool.txid, tx }, payments, null)
  }

  async confirmed(watched: Watched, tx: SpendTx, block: BlockRef, payments: readonly FoundPayment[]): Promise<void> {
    this.coins.setConfirmed(watched, { txid: tx.txid, block })
    await this.tell(watched, { event: 'spend-confirmed', outpoint: watched.outpoint, tx, block }, payments, 1)
    await this.write(this.book.connected(block))
  }

  async unconfirmed(watched: Watched): Promise<void> {
    const { confirmed, outpoint } = watched
    if (confirmed === null) throw new Error('it is not confirmed')
    this.coins.setConfirmed(watched, null)
    await this.tell(watched, { event: 'spend-unconfirmed', outpoint, ...confirmed }, [], null)
  }

  async connected(block: BlockRef): Promise<void> {
    await this.write(this.book.connected(block))
  }

  async told(): Promise<Movement[]> {
    return (await readTold(this.store, 0, 100_000)).map(({ movement }) => movement)
  }

  private async tell(watched: Watched, event: SpendEvent, payments: readonly FoundPayment[], position: number | null): Promise<void> {
    await this.write(this.book.tell(event, { watched, payments, position }))
  }

  private async write(riders: ReturnType<MovementBook['connected']>): Promise<void> {
    for (const { key, value } of riders) this.written += key.length + (value?.length ?? 0)
    await this.store.write(riders)
  }
}

export function coin(number: number): Outpoint {
  return outpointOf(number.toString(16).padStart(64, '0') as Txid, 0)
}

export function transaction(number: number, length = 100): SpendTx {
  const txid = number.toString(16).padStart(64, 'e') as Txid
  return { txid, wtxid: txid, vsize: length, fee: null, outputs_hash: txid as string as Hash32, raw: new Uint8Array(length).fill(number) }
}

export function block(height: number, fork = 'a'): BlockRef {
  return { height: height as Height, hash: height.toString(16).padStart(64, fork) as BlockHash }
}
