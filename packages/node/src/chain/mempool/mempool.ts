import type { Bitcoind, CallOptions } from '@belfry/bitcoind'
import type { SpendTx } from '@belfry/protocol'
import { BoundedMap, type Txid } from '@belfry/protocol/primitives'
import type { ChainCounters } from '../counters.ts'
import type { Delivery } from '../events/delivery.ts'
import type { ChainView } from '../follower/chain-view.ts'
import { type BlockScanner, describeSpend } from '../serial/index.ts'
import {
  concernedBy, findInTransaction, type FoundPayment, type FoundTransaction, isCoinbase, type MempoolSpend, type Watched,
  type WatchedCoins,
} from '../watched/index.ts'
import type { MempoolReading, ReadTransaction } from './reading.ts'
import { RecentTxids } from './recent-txids.ts'

export interface MempoolModules {
  readonly bitcoind: Bitcoind
  readonly coins: WatchedCoins
  readonly scanner: BlockScanner
  readonly reading: MempoolReading
  readonly view: ChainView
  readonly delivery: Delivery
  readonly counters: ChainCounters
  readonly call: CallOptions
  /** Asks for a pass soon: at once, or when this much time is over. */
  readonly wake: (after_ms: number) => void
}

export type Pass =
  | 'done'
  /** The chain or the mempool changed while bitcoind was asked. */
  | 'again'
  /** bitcoind has not read back its mempool of before its restart: what is not in it may yet come. */
  | 'not-loaded'

/**
 * bitcoind tells of a transaction's bytes and of its acceptance in two messages; one of the two may wait for the other.
 */
const MAX_WAITING = 256
/** At 20,000 transactions a second, half a second at least: far more than two connections on one machine are ever apart. */
const MIN_ACCEPTED = 10_000
/** Messages wait while a gap is filled; few transactions that are watched leave the mempool in that time. */
const MAX_GONE = 1_000
/** For the message of acceptance; after that bitcoind is asked. */
const ACCEPTANCE_WAIT_MS = 50
/** One question's share of outpoints: keeps answers under a megabyte. */
const OUTPOINTS_PER_QUESTION = 1_000
/** Keeps the transactions that one pass holds to some megabytes; the rest comes with the next. */
const MAX_NEWS_PER_PASS = 500
/** As many questions as the client has connections. */
const FETCHES_AT_ONCE = 4

/**
 * What in bitcoind's mempool spends a watched coin or pays a watched script. What is new is told from ZMQ alone, at once;
 * all else (whether one has gone, and what was missed) is asked for: a coin in doubt is settled by the next pass.
 */
export class Mempool {
  private readonly modules: MempoolModules
  private readonly coins: WatchedCoins
  /** The bytes of movements which bitcoind has not said to have accepted. */
  private readonly waiting = new BoundedMap<Txid, Uint8Array>(MAX_WAITING)
  /** Accepted, and the bytes have not come; nearly all of them move nothing that is watched. */
  private readonly accepted = new RecentTxids(MIN_ACCEPTED)
  /** Gone, by bitcoind's answer: of these a message that says otherwise may be older than the answer. */
  private readonly gone = new BoundedMap<Txid, true>(MAX_GONE)
  /** Scripts were derived since the last reading, which what was read before may pay. */
  private hasLearnt = false

  constructor(modules: MempoolModules) {
    this.modules = modules
    this.coins = modules.coins
  }

  /**
   * ZMQ `rawtx`. bitcoind sends it for what enters the mempool, and also for what enters or leaves the chain by a
   * block.
   * @returns nothing to wait for where nothing watched is concerned, which is what nearly always happens
   * @throws ChainError truncated, malformed, trailing-bytes
   */
  onTransaction(bytes: Uint8Array): Promise<void> | undefined {
    const found = findInTransaction(this.modules.scanner, bytes)
    return found === null ? undefined : this.onMovement(bytes, found)
  }

  private async onMovement(bytes: Uint8Array, found: FoundTransaction): Promise<void> {
    const { tx, concerned } = sightingOf({ bytes, fee: null }, found, this.coins)
    const news = concerned.filter((watched) => isNews(watched, tx.txid))
    if (news.length === 0) return
    if (this.accepted.delete(tx.txid)) {
      await this.tellAccepted(bytes)
      return
    }
    this.waiting.set(tx.txid, bytes)
    for (const watched of news) this.coins.doubt(watched)
    this.modules.wake(ACCEPTANCE_WAIT_MS)
  }

  /** ZMQ `sequence`, A: it is in the mempool. */
  onAccepted(txid: Txid): Promise<void> | undefined {
    const known = this.waiting.get(txid)
    if (known === undefined) {
      this.accepted.add(txid)
      return undefined
    }
    this.waiting.delete(txid)
    return this.tellAccepted(known)
  }

  /** ZMQ `sequence`, R: it left the mempool, and not into a block. What replaces it is announced just after. */
  onRemoved(txid: Txid): void {
    this.waiting.delete(txid)
    this.accepted.delete(txid)
    const gone = this.coins.spentInMempoolBy(txid)
    for (const watched of gone) this.coins.doubt(watched)
    if (gone.length > 0) this.modules.wake(0)
  }

  /** Messages were lost, or may have been: everything is looked at again. */
  onGap(): void {
    this.coins.doubtAll()
    this.modules.reading.forget()
  }

  /**
   * Asks bitcoind for the spends of all coins in doubt, and for transactions that were never looked at; tells what is not as
   * it was told. Exact for the tip of the view: answers that may belong to another tip, or that are older than what ZMQ has
   * told meanwhile, are not used.
   * @throws BitcoindError, ChainError
   */
  async pass(): Promise<Pass> {
    const settled = await this.settleDoubts()
    if (settled !== 'done' || !this.modules.reading.isDue) return settled
    this.modules.counters.mempool_readings += 1
    const isWhole = await this.modules.reading.pass((sighting) => this.tellRead(sighting))
    if (this.hasLearnt) {
      this.hasLearnt = false
      this.modules.reading.forgetAll()
      return 'again'
    }
    // What was told on the way may have gone meanwhile.
    return isWhole ? await this.settleDoubts() : 'again'
  }

  private async settleDoubts(): Promise<Pass> {
    const { bitcoind, view, call, counters, delivery } = this.modules
    const doubted = this.coins.all().filter(({ doubtedSince }) => doubtedSince !== null)
    if (doubted.length === 0) return 'done'
    counters.mempool_passes += 1
    const mark = this.coins.tick()
    const tip = view.tip?.hash
    if (await bitcoind.getBestBlockHash(call) !== tip) return 'again'
    const { loaded } = await bitcoind.getMempoolInfo(call)
    const answers = await this.ask(doubted.filter(({ confirmed }) => confirmed === null))
    if (await bitcoind.getBestBlockHash(call) !== tip) return 'again'
    return delivery.turn(async () => {
      if (view.tip?.hash !== tip) return 'again'
      for (const watched of doubted) await this.settle(watched, answers.get(watched), { mark, loaded })
      const isDone = doubted.every((watched) => watched.doubtedSince === null || !this.coins.holds(watched))
      // What waited is settled now: should it come back one day, then with new bytes.
      if (isDone) this.waiting.clear()
      return isDone ? 'done' : loaded ? 'again' : 'not-loaded'
    })
  }

  /** What spends each now. Leaves out what went while it was looked at, and what is too much at once. */
  private async ask(coins: readonly Watched[]): Promise<Map<Watched, Answer>> {
    const { bitcoind, call } = this.modules
    const answers = new Map<Watched, Answer>()
    const news = new Map<Watched, Txid>()
    const [coinbases, spendable] = [coins.filter(isCoinbase), coins.filter((one) => !isCoinbase(one))]
    for (const watched of coinbases) answers.set(watched, { txid: null, news: null })
    for (let i = 0; i < spendable.length; i += OUTPOINTS_PER_QUESTION) {
      const part = spendable.slice(i, i + OUTPOINTS_PER_QUESTION)
      const spenders = await bitcoind.getTxSpendingPrevout(part.map(({ outpoint }) => outpoint), call)
      for (const [j, watched] of part.entries()) {
        const txid = spenders[j]?.spender ?? null
        if (txid === null || txid === watched.mempool?.txid) answers.set(watched, { txid, news: null })
        else news.set(watched, txid)
      }
    }
    const transactions = await this.fetchAll(new Set(news.values()))
    for (const [watched, txid] of news) {
      const fetched = transactions.get(txid)
      if (fetched !== undefined) answers.set(watched, { txid, news: fetched })
    }
    return answers
  }

  /** Those that are still in the mempool, up to a limit. */
  private async fetchAll(txids: ReadonlySet<Txid>): Promise<Map<Txid, ReadTransaction>> {
    const { bitcoind, call } = this.modules
    const wanted = [...txids].slice(0, MAX_NEWS_PER_PASS)
    const transactions = new Map<Txid, ReadTransaction>()
    for (let i = 0; i < wanted.length; i += FETCHES_AT_ONCE) {
      await Promise.all(wanted.slice(i, i + FETCHES_AT_ONCE).map(async (txid) => {
        const entry = await bitcoind.getMempoolEntry(txid, call)
        const bytes = await bitcoind.getRawTransaction(txid, call)
        if (entry !== null && bytes !== null) transactions.set(txid, { bytes, fee: entry.fee })
      }))
    }
    return transactions
  }

  private async settle(watched: Watched, answer: Answer | undefined, asked: Asked): Promise<void> {
    if (!this.coins.holds(watched)) return
    if (watched.confirmed === null) {
      if (answer === undefined) return
      // It may have become what was answered by way of another coin of the same transaction.
      if (watched.changedAt > asked.mark && answer.txid !== (watched.mempool?.txid ?? null)) return
      // A bitcoind that reads its mempool back after a restart may yet come to it.
      if (answer.txid === null && watched.mempool !== null && !asked.loaded) return
    }
    this.coins.trust(watched, asked.mark)
    if (watched.confirmed !== null || answer === undefined) return
    if (answer.txid === null) await this.tellGone(watched)
    else if (answer.news !== null) await this.tellAsked(answer.news, asked.mark)
  }

  /** Of all that it concerns, as far as nothing newer is known of that: a coin asked for by name may not be all it moves. */
  private async tellAsked(fetched: ReadTransaction, mark: number): Promise<void> {
    const now = this.coins.tick()
    const sighting = this.lookAt(fetched)
    if (sighting === null) return
    for (const watched of sighting.concerned) {
      const isFollowedFromNow = watched.changedAt > now
      if (!this.coins.holds(watched) || watched.confirmed !== null || watched.changedAt > mark && !isFollowedFromNow) continue
      await this.tell(watched, sighting, 'elsewhere')
    }
  }

  private tellAccepted(bytes: Uint8Array): Promise<void> {
    return this.modules.delivery.turn(async () => {
      // The pass that follows the first block finds it.
      if (!this.modules.view.hasTold) return this.onGap()
      const sighting = this.lookAt({ bytes, fee: null })
      if (sighting === null) return
      const { txid } = sighting.tx
      for (const watched of sighting.concerned) {
        if (!this.coins.holds(watched) || watched.confirmed !== null) continue
        const known = watched.mempool
        if (known === null ? this.gone.has(txid) : known.from === 'elsewhere' && known.txid !== txid) {
          // Which of the two is the newer is not known.
          this.coins.doubt(watched)
          this.modules.wake(0)
        } else {
          await this.tell(watched, sighting, 'zmq')
        }
      }
    })
  }

  /** Found by reading the mempool: it may have gone since, so it is asked for once more. */
  private tellRead(read: ReadTransaction): Promise<void> {
    return this.modules.delivery.turn(async () => {
      const sighting = this.lookAt(read)
      if (sighting === null) return
      const { txid } = sighting.tx
      for (const watched of sighting.concerned) {
        if (!this.coins.holds(watched) || watched.confirmed !== null) continue
        if (watched.mempool === null || watched.mempool.txid === txid) await this.tell(watched, sighting, 'elsewhere')
        if (isNews(watched, txid)) this.coins.doubt(watched)
      }
    })
  }

  /**
   * What it does to what is watched by now; only within a turn. A payment may have a wallet look for more scripts, which the
   * same transaction may pay.
   */
  private lookAt(read: ReadTransaction): Sighting | null {
    const { scanner, delivery } = this.modules
    for (;;) {
      const found = findInTransaction(scanner, read.bytes)
      if (found === null) return null
      if (!delivery.extend([found])) return sightingOf(read, found, this.coins)
      this.hasLearnt = true
    }
  }

  private async tell(watched: Watched, { tx, payments }: Sighting, from: MempoolSpend['from']): Promise<void> {
    const { outpoint, mempool } = watched
    const about = { watched, payments, position: null }
    const isKnown = mempool?.txid === tx.txid
    if (!isKnown || from === 'zmq') this.coins.setMempool(watched, { txid: tx.txid, from })
    if (isKnown) this.modules.delivery.known({ event: 'spend-seen', outpoint, tx }, about)
    else if (mempool === null) await this.modules.delivery.spend({ event: 'spend-seen', outpoint, tx }, about)
    else await this.modules.delivery.spend({ event: 'spend-replaced', outpoint, old_txid: mempool.txid, tx }, about)
  }

  private async tellGone(watched: Watched): Promise<void> {
    const { outpoint, mempool } = watched
    if (mempool !== null) {
      this.coins.setMempool(watched, null)
      this.gone.set(mempool.txid, true)
      const about = { watched, payments: [], position: null }
      await this.modules.delivery.spend({ event: 'spend-evicted', outpoint, txid: mempool.txid }, about)
    }
    this.modules.delivery.gone(watched)
  }
}

interface Asked {
  /** When: what changed since is not touched. */
  readonly mark: number
  /** Whether bitcoind's mempool was complete. */
  readonly loaded: boolean
}

interface Sighting {
  readonly tx: SpendTx
  readonly payments: readonly FoundPayment[]
  readonly concerned: readonly Watched[]
}

/** What spends a coin in the mempool. */
interface Answer {
  /** Null: nothing. */
  readonly txid: Txid | null
  /** Null where it is what was told already. */
  readonly news: ReadTransaction | null
}

function sightingOf({ bytes, fee }: ReadTransaction, found: FoundTransaction, coins: WatchedCoins): Sighting {
  const tx = describeSpend(bytes, found.layout, fee)
  return { tx, concerned: concernedBy(found, bytes, tx.txid, coins), payments: found.payments }
}

function isNews({ confirmed, mempool }: Watched, txid: Txid): boolean {
  return confirmed === null && (mempool?.txid !== txid || mempool.from !== 'zmq')
}
