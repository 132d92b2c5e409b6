import type { Bitcoind, CallOptions } from '@belfry/bitcoind'
import type { SpendTx } from '@belfry/protocol'
import { BoundedMap, type Txid } from '@belfry/protocol/primitives'
import type { ChainView } from './chain-view.ts'
import type { ChainCounters } from './counters.ts'
import type { Delivery } from './delivery.ts'
import { describeSpend, layoutOf, spendsOfTransaction } from './transactions.ts'
import type { MempoolSpend, Watched, WatchSet } from './watch-set.ts'

export interface MempoolModules {
  readonly bitcoind: Bitcoind
  readonly watchSet: WatchSet
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
/** At 20,000 transactions a second, half a second: far more than two connections on one machine are ever apart. */
const MAX_ACCEPTED = 10_000
/** For the message of acceptance; after that bitcoind is asked. */
const ACCEPTANCE_WAIT_MS = 50
/** One question's share of outpoints: keeps answers under a megabyte. */
const OUTPOINTS_PER_QUESTION = 1_000
/** Keeps the transactions that one pass holds to some megabytes; the rest comes with the next. */
const MAX_NEWS_PER_PASS = 500
/** As many questions as the client has connections. */
const FETCHES_AT_ONCE = 4

/**
 * Spends of watched outpoints in bitcoind's mempool. New ones are told from ZMQ alone, at once; all else (whether one
 * has gone, and what was missed) is asked for: an outpoint in doubt is settled by the next pass.
 */
export class Mempool {
  private readonly bitcoind: Bitcoind
  private readonly watchSet: WatchSet
  private readonly view: ChainView
  private readonly delivery: Delivery
  private readonly counters: ChainCounters
  private readonly call: CallOptions
  private readonly wake: (after_ms: number) => void
  /** Spends whose bytes are here, and which bitcoind has not said to have accepted. */
  private readonly waiting = new BoundedMap<Txid, Sighting>(MAX_WAITING)
  /** Accepted, and the bytes have not come; nearly all of them spend nothing that is watched. */
  private readonly accepted = new BoundedMap<Txid, true>(MAX_ACCEPTED)

  constructor(modules: MempoolModules) {
    this.bitcoind = modules.bitcoind
    this.watchSet = modules.watchSet
    this.view = modules.view
    this.delivery = modules.delivery
    this.counters = modules.counters
    this.call = modules.call
    this.wake = modules.wake
  }

  /**
   * ZMQ `rawtx`. bitcoind sends it for what enters the mempool, and also for what enters or leaves the chain by a
   * block.
   * @throws ChainError truncated, malformed, trailing-bytes
   */
  async onTransaction(bytes: Uint8Array): Promise<void> {
    const spends = spendsOfTransaction(bytes, this.watchSet)
    const [first] = spends
    if (first === undefined) return
    const tx = describeSpend(bytes, first.layout, null)
    const spent = [...new Set(spends.map(({ watched }) => watched))].filter((watched) => isNews(watched, tx.txid))
    if (spent.length === 0) return
    if (this.accepted.delete(tx.txid)) {
      await this.tellAccepted(tx, spent)
      return
    }
    this.waiting.set(tx.txid, { tx, spent })
    for (const watched of spent) this.watchSet.doubt(watched)
    this.wake(ACCEPTANCE_WAIT_MS)
  }

  /** ZMQ `sequence`, A: it is in the mempool. */
  async onAccepted(txid: Txid): Promise<void> {
    const known = this.waiting.get(txid)
    if (known === undefined) {
      this.accepted.set(txid, true)
      return
    }
    this.waiting.delete(txid)
    await this.tellAccepted(known.tx, known.spent)
  }

  /** ZMQ `sequence`, R: it left the mempool, and not into a block. What replaces it is announced just after. */
  onRemoved(txid: Txid): void {
    this.waiting.delete(txid)
    this.accepted.delete(txid)
    const gone = this.watchSet.spentInMempoolBy(txid)
    for (const watched of gone) this.watchSet.doubt(watched)
    if (gone.length > 0) this.wake(0)
  }

  /**
   * Asks bitcoind for the spends of all outpoints in doubt, and tells what is not as it was told. Exact for the tip of
   * the view: answers that may belong to another tip, or that are older than what ZMQ has told meanwhile, are not used.
   * @throws BitcoindError, ChainError
   */
  async pass(): Promise<Pass> {
    const doubted = this.watchSet.all().filter(({ doubtedSince }) => doubtedSince !== null)
    if (doubted.length === 0) return 'done'
    this.counters.mempool_passes += 1
    const mark = this.watchSet.tick()
    const tip = this.view.tip?.hash
    if (await this.bitcoind.getBestBlockHash(this.call) !== tip) return 'again'
    const { loaded } = await this.bitcoind.getMempoolInfo(this.call)
    const answers = await this.ask(doubted.filter(({ confirmed }) => confirmed === null))
    if (await this.bitcoind.getBestBlockHash(this.call) !== tip) return 'again'
    return this.delivery.turn(async () => {
      if (this.view.tip?.hash !== tip) return 'again'
      for (const watched of doubted) await this.settle(watched, answers.get(watched), { mark, loaded })
      const isDone = doubted.every((watched) => watched.doubtedSince === null || !this.watchSet.holds(watched))
      // What waited is settled now: should it come back one day, then with new bytes.
      if (isDone) this.waiting.clear()
      return isDone ? 'done' : loaded ? 'again' : 'not-loaded'
    })
  }

  /** What spends each now. Leaves out what went while it was looked at, and what is too much at once. */
  private async ask(outpoints: readonly Watched[]): Promise<Map<Watched, Answer>> {
    const answers = new Map<Watched, Answer>()
    const news = new Map<Watched, Txid>()
    for (let i = 0; i < outpoints.length; i += OUTPOINTS_PER_QUESTION) {
      const part = outpoints.slice(i, i + OUTPOINTS_PER_QUESTION)
      const spenders = await this.bitcoind.getTxSpendingPrevout(part.map(({ outpoint }) => outpoint), this.call)
      for (const [j, watched] of part.entries()) {
        const txid = spenders[j]?.spender ?? null
        if (txid === null || txid === watched.mempool?.txid) answers.set(watched, { txid, tx: null })
        else news.set(watched, txid)
      }
    }
    const transactions = await this.fetchAll(new Set(news.values()))
    for (const [watched, txid] of news) {
      const tx = transactions.get(txid)
      if (tx !== undefined) answers.set(watched, { txid, tx })
    }
    return answers
  }

  /** Those that are still in the mempool, up to a limit. */
  private async fetchAll(txids: ReadonlySet<Txid>): Promise<Map<Txid, SpendTx>> {
    const wanted = [...txids].slice(0, MAX_NEWS_PER_PASS)
    const transactions = new Map<Txid, SpendTx>()
    for (let i = 0; i < wanted.length; i += FETCHES_AT_ONCE) {
      await Promise.all(wanted.slice(i, i + FETCHES_AT_ONCE).map(async (txid) => {
        const entry = await this.bitcoind.getMempoolEntry(txid, this.call)
        const bytes = await this.bitcoind.getRawTransaction(txid, this.call)
        if (entry === null || bytes === null) return
        transactions.set(txid, describeSpend(bytes, layoutOf(bytes), entry.fee))
      }))
    }
    return transactions
  }

  private async settle(watched: Watched, answer: Answer | undefined, asked: Asked): Promise<void> {
    if (!this.watchSet.holds(watched)) return
    if (watched.confirmed === null) {
      if (watched.changedAt > asked.mark || answer === undefined) return
      // A bitcoind that reads its mempool back after a restart may yet come to it.
      if (answer.txid === null && watched.mempool !== null && !asked.loaded) return
    }
    this.watchSet.trust(watched, asked.mark)
    if (watched.confirmed !== null || answer === undefined) return
    if (answer.txid === null) await this.tellGone(watched)
    else if (answer.tx !== null) await this.tell(watched, answer.tx, 'elsewhere')
  }

  private tellAccepted(tx: SpendTx, spent: readonly Watched[]): Promise<void> {
    return this.delivery.turn(async () => {
      for (const watched of spent) {
        if (!this.watchSet.holds(watched) || watched.confirmed !== null) continue
        const known = watched.mempool
        if (known?.from === 'elsewhere' && known.txid !== tx.txid) {
          // Which of the two is the newer is not known.
          this.watchSet.doubt(watched)
          this.wake(0)
        } else {
          await this.tell(watched, tx, 'zmq')
        }
      }
    })
  }

  private async tell(watched: Watched, tx: SpendTx, from: MempoolSpend['from']): Promise<void> {
    const { outpoint, mempool } = watched
    this.watchSet.setMempool(watched, { txid: tx.txid, from })
    if (mempool === null) await this.delivery.deliver({ event: 'spend-seen', outpoint, tx })
    else if (mempool.txid !== tx.txid) {
      await this.delivery.deliver({ event: 'spend-replaced', outpoint, old_txid: mempool.txid, tx })
    }
  }

  private async tellGone(watched: Watched): Promise<void> {
    const { outpoint, mempool } = watched
    if (mempool === null) return
    this.watchSet.setMempool(watched, null)
    await this.delivery.deliver({ event: 'spend-evicted', outpoint, txid: mempool.txid })
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
  readonly spent: readonly Watched[]
}

/** What spends an outpoint in the mempool. */
interface Answer {
  /** Null: nothing. */
  readonly txid: Txid | null
  /** Null where it is what was told already. */
  readonly tx: SpendTx | null
}

function isNews({ confirmed, mempool }: Watched, txid: Txid): boolean {
  return confirmed === null && (mempool?.txid !== txid || mempool.from !== 'zmq')
}
