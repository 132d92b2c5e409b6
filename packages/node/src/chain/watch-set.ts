import type { BlockRef, WatchedOutpoint } from '@belfry/protocol'
import { fromHex, type Outpoint, parseTxid, splitOutpoint, type Txid } from '@belfry/protocol/primitives'
import { ChainError } from './errors.ts'
import type { OutpointIndex } from './transactions.ts'

/** A vault has some ten outpoints to watch, and a node guards thousands of vaults: 50 MB at most. */
export const MAX_WATCHED = 100_000

/** What was told of an outpoint so far, so that each fact is told once. Only the set changes it. */
export interface Watched {
  readonly outpoint: Outpoint
  /** Rises with each addition to the set. */
  readonly serial: number
  readonly mempool: MempoolSpend | null
  readonly confirmed: ConfirmedSpend | null
  /** When `mempool` or `confirmed` was last set: a mark of the set's clock. */
  readonly changedAt: number
  /** The mark since when its spend in the mempool is to be asked for over RPC; null while it is not. */
  readonly doubtedSince: number | null
}

export interface ConfirmedSpend {
  readonly txid: Txid
  readonly block: BlockRef
}

export interface MempoolSpend {
  readonly txid: Txid
  /**
   * By ZMQ, whose later messages then really came later. What was learnt otherwise (over RPC, or from the core at
   * start) may be newer than messages still under way.
   */
  readonly from: 'zmq' | 'elsewhere'
}

type Entry = { -readonly [Field in keyof Watched]: Watched[Field] } & {
  /** The outpoint as an input names it. */
  readonly key: Uint8Array
}

/** The watched outpoints, found by the bytes of an input. */
export class WatchSet implements OutpointIndex<Watched> {
  private readonly byOutpoint = new Map<Outpoint, Entry>()
  /** By a cheap mix of the key's bytes; nearly always one each. */
  private readonly buckets = new Map<number, Entry[]>()
  private readonly byMempoolTxid = new Map<Txid, Set<Entry>>()
  private readonly limit: number
  private clock = 0
  private serial = 0

  constructor(limit: number = MAX_WATCHED) {
    this.limit = limit
  }

  get size(): number {
    return this.byOutpoint.size
  }

  /** The serial of the last addition. */
  get lastSerial(): number {
    return this.serial
  }

  /** A mark later than all before, to order changes, doubts and questions by. */
  tick(): number {
    this.clock += 1
    return this.clock
  }

  /**
   * Adds all, or none. Those that are in the set already stay as they are. What is new is doubted.
   * @throws ChainError too-many-watched
   */
  add(outpoints: readonly WatchedOutpoint[]): void {
    const added = outpoints.filter(({ outpoint }) => !this.byOutpoint.has(outpoint))
    if (this.byOutpoint.size + added.length > this.limit) {
      throw new ChainError('too-many-watched', `at most ${this.limit} outpoints can be watched`)
    }
    for (const { outpoint, mempool_txid, confirmed } of added) {
      if (this.byOutpoint.has(outpoint)) continue
      this.serial += 1
      const now = this.tick()
      this.insert({
        outpoint,
        key: keyOf(outpoint),
        serial: this.serial,
        mempool: mempool_txid === null ? null : { txid: parseTxid(mempool_txid), from: 'elsewhere' },
        confirmed: confirmed === null ? null : { txid: parseTxid(confirmed.txid), block: confirmed.block },
        changedAt: now,
        doubtedSince: now,
      })
    }
  }

  remove(outpoint: Outpoint): void {
    const watched = this.byOutpoint.get(outpoint)
    if (watched === undefined) return
    this.byOutpoint.delete(outpoint)
    this.forgetMempool(watched)
    const mix = mixOf(watched.key, 0)
    const others = this.buckets.get(mix)?.filter((other) => other !== watched) ?? []
    if (others.length === 0) this.buckets.delete(mix)
    else this.buckets.set(mix, others)
  }

  /** Whether it is still watched: work under way may outlive it. */
  holds(watched: Watched): boolean {
    return this.byOutpoint.get(watched.outpoint) === watched
  }

  find(bytes: Uint8Array, offset: number): Watched | undefined {
    const bucket = this.buckets.get(mixOf(bytes, offset))
    return bucket?.find(({ key }) => equalAt(key, bytes, offset))
  }

  /** As they are now, in the order of their addition. */
  all(): readonly Watched[] {
    return [...this.byOutpoint.values()]
  }

  /** Those whose spend in the mempool, as told, is this transaction. */
  spentInMempoolBy(txid: Txid): readonly Watched[] {
    const spent = this.byMempoolTxid.get(txid)
    return spent === undefined ? [] : [...spent]
  }

  /** No effect on what is no longer watched; likewise below. */
  setMempool(watched: Watched, spend: MempoolSpend | null): void {
    const entry = this.entryOf(watched)
    if (entry === null) return
    this.forgetMempool(entry)
    entry.mempool = spend
    entry.changedAt = this.tick()
    if (spend !== null) this.rememberMempool(entry, spend.txid)
  }

  /** Confirmed, it is in the mempool no longer. */
  setConfirmed(watched: Watched, spend: ConfirmedSpend | null): void {
    const entry = this.entryOf(watched)
    if (entry === null) return
    this.setMempool(entry, null)
    entry.confirmed = spend
  }

  /** Makes the next pass over the mempool ask for it. */
  doubt(watched: Watched): void {
    const entry = this.entryOf(watched)
    if (entry !== null) entry.doubtedSince = this.tick()
  }

  doubtAll(): void {
    const now = this.tick()
    for (const entry of this.byOutpoint.values()) entry.doubtedSince = now
  }

  /** Ends a doubt, unless it is newer than the mark. */
  trust(watched: Watched, mark: number): void {
    const entry = this.entryOf(watched)
    if (entry !== null && entry.doubtedSince !== null && entry.doubtedSince <= mark) entry.doubtedSince = null
  }

  private entryOf(watched: Watched): Entry | null {
    const entry = this.byOutpoint.get(watched.outpoint)
    return entry === watched ? entry : null
  }

  private insert(entry: Entry): void {
    this.byOutpoint.set(entry.outpoint, entry)
    if (entry.mempool !== null) this.rememberMempool(entry, entry.mempool.txid)
    const mix = mixOf(entry.key, 0)
    const bucket = this.buckets.get(mix)
    if (bucket === undefined) this.buckets.set(mix, [entry])
    else bucket.push(entry)
  }

  private rememberMempool(entry: Entry, txid: Txid): void {
    const spent = this.byMempoolTxid.get(txid)
    if (spent === undefined) this.byMempoolTxid.set(txid, new Set([entry]))
    else spent.add(entry)
  }

  private forgetMempool(entry: Entry): void {
    if (entry.mempool === null) return
    const spent = this.byMempoolTxid.get(entry.mempool.txid)
    spent?.delete(entry)
    if (spent?.size === 0) this.byMempoolTxid.delete(entry.mempool.txid)
  }
}

const KEY_BYTES = 36
const VOUT_OFFSET = 32
/** Spreads the outputs of one transaction (Knuth's multiplicative hashing). */
const SPREAD = 0x9e37_79b1

function keyOf(outpoint: Outpoint): Uint8Array {
  const { txid, vout } = splitOutpoint(outpoint)
  const key = new Uint8Array(KEY_BYTES)
  key.set(fromHex(txid).toReversed())
  new DataView(key.buffer).setUint32(VOUT_OFFSET, vout, true)
  return key
}

/** The bytes must hold a whole key from the offset on. */
function mixOf(bytes: Uint8Array, offset: number): number {
  return (u32(bytes, offset) ^ Math.imul(u32(bytes, offset + VOUT_OFFSET), SPREAD)) >>> 0
}

function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0) << 16 | (bytes[at + 3] ?? 0) << 24
}

function equalAt(key: Uint8Array, bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < KEY_BYTES; i++) if (key[i] !== bytes[offset + i]) return false
  return true
}
