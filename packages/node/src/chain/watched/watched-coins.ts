import { type Outpoint, parseTxid, type Txid } from '@belfry/protocol/primitives'
import { ChainError } from '../errors.ts'
import { OUTPOINT_BYTES, type WatchSet } from '../watch-set/index.ts'
import { keyOfOutpoint, outpointOfKey } from './outpoint-key.ts'
import type { ConfirmedSpend, KnownCoin, MempoolSpend, Owner, Watched } from './watched.ts'

/**
 * Outpoints that somebody has a state for: all of the core's (a vault has some ten, and a node guards thousands of vaults),
 * and those of wallets that were spent or that hold a payment. Some 500 bytes each.
 */
export const MAX_STATES = 300_000
/** Whoever pays a watched script makes states: so many are left for the core, which must not lack room for a vault's coins. */
export const CORE_SHARE = 1 / 3

type State = { -readonly [Field in keyof Omit<Watched, 'owners'>]: Watched[Field] } & { readonly owners: Set<Owner> }

/**
 * The watched outpoints and what was told of them. The table that blocks are searched by holds all of them; a state is kept
 * only for those that have one. An outpoint in the table without a state is on a person's list, and nothing was told of it.
 */
export class WatchedCoins {
  private readonly watchSet: WatchSet
  private readonly limit: number
  private readonly states = new Map<number, State>()
  private readonly byMempoolTxid = new Map<Txid, Set<State>>()
  private clock = 0
  private added = 0

  private readonly onNoRoom: (outpoint: Outpoint) => void

  /** @param onNoRoom called with each coin of a wallet whose movements are not told for want of room */
  constructor(watchSet: WatchSet, limit: number = MAX_STATES, onNoRoom: (outpoint: Outpoint) => void = () => {}) {
    this.watchSet = watchSet
    this.limit = limit
    this.onNoRoom = onNoRoom
  }

  /** How often something was added that a block may already spend. */
  get additions(): number {
    return this.added
  }

  /** How many coins are watched of which nothing is kept but their bytes. */
  get unspoken(): number {
    return this.watchSet.outpoints.size - this.states.size
  }

  /** Whether there are any, which nobody asks for by name. */
  get hasUnspoken(): boolean {
    return this.unspoken > 0
  }

  /** Something else that blocks are searched for was added: a script. */
  noteAddition(): void {
    this.added += 1
  }

  /** A mark later than all before, to order changes, doubts and questions by. */
  tick(): number {
    this.clock += 1
    return this.clock
  }

  /**
   * Adds all, or none. Those that this owner has already stay as they are. What is new is doubted.
   * @throws ChainError too-many-watched
   */
  add(coins: readonly KnownCoin[], owner: Owner): void {
    const fresh = coins.filter(({ outpoint }) => this.stateAt(outpoint) === null)
    if (this.states.size + fresh.length > this.limit) {
      throw new ChainError('too-many-watched', `at most ${this.limit} outpoints can be watched with what is known of them`)
    }
    for (const { outpoint, mempool_txid, confirmed } of coins) {
      const before = this.stateAt(outpoint)
      const state = before ?? this.insert(outpoint, owner)
      state.owners.add(owner)
      // What pays a watched script spends the coin by which it is followed in the very same transaction.
      if (owner !== 'payment') this.added += 1
      if (before !== null) continue
      state.confirmed = confirmed === null ? null : { txid: parseTxid(confirmed.txid), block: confirmed.block }
      if (mempool_txid !== null) this.setMempool(state, { txid: parseTxid(mempool_txid), from: 'elsewhere' })
      state.doubtedSince = this.tick()
    }
  }

  /** It is watched for this owner no more. */
  remove(outpoint: Outpoint, owner: Owner): void {
    const id = this.find(outpoint)
    if (id === null) return
    const state = this.states.get(id)
    state?.owners.delete(owner)
    if (state === undefined ? owner !== 'list' : state.owners.size > 0) return
    if (state !== undefined) this.forgetMempool(state)
    this.states.delete(id)
    this.watchSet.outpoints.remove(id)
  }

  /**
   * Of an outpoint in the table, which gets a state where it has none. Null where it is not in the table (any more), or where
   * there is no room for one more, which happens to wallets only.
   */
  stateOf(outpoint: Outpoint): Watched | null {
    const id = this.find(outpoint)
    if (id === null) return null
    return this.states.get(id) ?? (this.hasRoomFor(outpoint) ? this.create(id, outpoint, 'list') : null)
  }

  /** On lists, and nothing is known of them but that; not all where there are more than the limit. */
  withoutState(limit: number): Outpoint[] {
    const outpoints: Outpoint[] = []
    if (!this.hasUnspoken) return outpoints
    const key = new Uint8Array(OUTPOINT_BYTES)
    for (const id of this.watchSet.outpoints.ids()) {
      if (outpoints.length >= limit) break
      if (this.states.has(id)) continue
      this.watchSet.outpoints.copyKey(id, key, 0)
      outpoints.push(outpointOfKey(key))
    }
    return outpoints
  }

  /** The state of a coin by which a payment is followed, which it gets where it has none; null where there is no room. */
  follow(outpoint: Outpoint): Watched | null {
    const known = this.stateAt(outpoint)
    if (known === null && !this.hasRoomFor(outpoint)) return null
    const state = known ?? this.insert(outpoint, 'payment')
    state.owners.add('payment')
    return state
  }

  /** A coin was paid to a watched script. @returns false where there is no room: what becomes of it is not seen */
  receive(outpoint: Outpoint): boolean {
    if (this.stateAt(outpoint) === null && !this.hasRoomFor(outpoint)) return false
    this.add([{ outpoint, mempool_txid: null, confirmed: null }], 'received')
    return true
  }

  /** Whether it is in the table for a list, whoever else watches it. */
  isListed(outpoint: Outpoint): boolean {
    const id = this.find(outpoint)
    return id !== null && (this.states.get(id)?.owners.has('list') ?? true)
  }

  /** Null where it is not watched, or nothing was told of it. */
  get(outpoint: Outpoint): Watched | null {
    return this.stateAt(outpoint)
  }

  /** Whether it is still watched: work under way may outlive it. */
  holds(watched: Watched): boolean {
    return this.states.get(watched.id) === watched
  }

  /** All that have a state, in the order in which they got it. */
  all(): readonly Watched[] {
    return [...this.states.values()]
  }

  /** Those whose spend in the mempool, as told, is this transaction. */
  spentInMempoolBy(txid: Txid): readonly Watched[] {
    const spent = this.byMempoolTxid.get(txid)
    return spent === undefined ? [] : [...spent]
  }

  /** No effect on what is no longer watched; likewise below. */
  setMempool(watched: Watched, spend: MempoolSpend | null): void {
    const state = this.held(watched)
    if (state === null) return
    this.forgetMempool(state)
    state.mempool = spend
    state.changedAt = this.tick()
    if (spend !== null) this.rememberMempool(state, spend.txid)
  }

  /** Confirmed, it is in the mempool no longer. */
  setConfirmed(watched: Watched, spend: ConfirmedSpend | null): void {
    const state = this.held(watched)
    if (state === null) return
    this.setMempool(state, null)
    state.confirmed = spend
  }

  /** Makes the next pass over the mempool ask for it. */
  doubt(watched: Watched): void {
    const state = this.held(watched)
    if (state !== null) state.doubtedSince = this.tick()
  }

  doubtAll(): void {
    const now = this.tick()
    for (const state of this.states.values()) state.doubtedSince = now
  }

  /** Ends a doubt, unless it is newer than the mark. */
  trust(watched: Watched, mark: number): void {
    const state = this.held(watched)
    if (state !== null && state.doubtedSince !== null && state.doubtedSince <= mark) state.doubtedSince = null
  }

  /** For one more of wallets. */
  private hasRoomFor(outpoint: Outpoint): boolean {
    if (this.states.size < this.limit - Math.ceil(CORE_SHARE * this.limit)) return true
    this.onNoRoom(outpoint)
    return false
  }

  private held(watched: Watched): State | null {
    const state = this.states.get(watched.id)
    return state === watched ? state : null
  }

  private find(outpoint: Outpoint): number | null {
    const id = this.watchSet.outpoints.find(viewOf(keyOfOutpoint(outpoint)), 0)
    return id < 0 ? null : id
  }

  private stateAt(outpoint: Outpoint): State | null {
    const id = this.find(outpoint)
    return id === null ? null : this.states.get(id) ?? null
  }

  /** One that is in the table without a state is on a list already. */
  private insert(outpoint: Outpoint, owner: Owner): State {
    const { outpoints } = this.watchSet
    const before = outpoints.size
    const id = outpoints.add(viewOf(keyOfOutpoint(outpoint)), 0)
    return this.create(id, outpoint, outpoints.size === before ? 'list' : owner)
  }

  private create(id: number, outpoint: Outpoint, owner: Owner): State {
    const state: State = {
      id, outpoint, owners: new Set([owner]), mempool: null, confirmed: null, changedAt: this.tick(), doubtedSince: null,
    }
    this.states.set(id, state)
    return state
  }

  private rememberMempool(state: State, txid: Txid): void {
    const spent = this.byMempoolTxid.get(txid)
    if (spent === undefined) this.byMempoolTxid.set(txid, new Set([state]))
    else spent.add(state)
  }

  private forgetMempool(state: State): void {
    if (state.mempool === null) return
    const spent = this.byMempoolTxid.get(state.mempool.txid)
    spent?.delete(state)
    if (spent?.size === 0) this.byMempoolTxid.delete(state.mempool.txid)
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
