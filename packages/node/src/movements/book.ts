import type { BlockRef, SpendTx } from '@belfry/protocol'
import { type Millis, type Outpoint, outpointOf, type Txid } from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import type {
  FoundFacts, FoundPayment, MovementFacts, MovementSink, SpendBy, SpendConfirmed, SpendEvent, Watched, WatchedCoins,
  WatchSet,
} from '../chain/index.ts'
import type { WatchBook } from '../wallets/index.ts'
import { factOf, factUndoneBy } from './facts.ts'
import { BURIED_DEPTH, BurialCalendar, type Followed, type FollowedPayment } from './followed.ts'
import { type Coin, MAX_WATCHES_NAMED, type Movement, type Payment } from './movement.ts'
import { type CoinRow, riderOfCoin, ToldLog } from './rows.ts'

export interface MovementBookInit {
  /** The coins' rows, as they were stored. */
  readonly stored: readonly { readonly outpoint: Outpoint; readonly row: CoinRow }[]
  /** The number of the last movement told. */
  readonly lastTold: number
  /** What stands of what was told of blocks, as `readFacts` gives it; where no block is to be searched anew, none of it. */
  readonly facts: ReadonlySet<string>
}

export interface MovementBookModules {
  readonly coins: WatchedCoins
  readonly watchSet: WatchSet
  readonly watches: WatchBook
  readonly now: () => Millis
  /** For the log; the rows are what counts. */
  readonly onTold?: (seq: number, movement: Movement) => void
}

type Confirmed = { readonly block: BlockRef; readonly position: number }

/**
 * Turns what becomes of watched coins into what is told of wallets, and keeps what has to be known for that. A payment is
 * followed by one of the coins that its transaction spends: what becomes of that coin is what becomes of the payment, so
 * that replacement, eviction and reorganisation are found in one way for all.
 */
export class MovementBook implements MovementSink {
  private readonly modules: MovementBookModules
  private readonly followed = new Map<Outpoint, Followed>()
  /** The coin that each of those transactions is followed by. */
  private readonly leaders = new Map<Txid, Outpoint>()
  private readonly received = new Map<Outpoint, Pick<FollowedPayment, 'script' | 'value'>>()
  private readonly burials = new BurialCalendar()
  private readonly facts: Set<string>
  private readonly log: ToldLog
  /** Rows of the call under way. */
  private riders: Rider[] = []

  /** What is no longer asked for is not taken up again. */
  constructor({ stored, lastTold, facts }: MovementBookInit, modules: MovementBookModules) {
    this.modules = modules
    this.log = new ToldLog(lastTold)
    this.facts = new Set(facts)
    for (const { outpoint, row } of stored) this.restore(outpoint, row)
  }

  extend(payments: readonly FoundPayment[]): readonly Rider[] {
    const { watchSet, watches, coins } = this.modules
    const riders: Rider[] = []
    for (const { script } of payments) {
      const learnt = watches.onPayment(watchSet.scripts.scriptOf(script))
      for (const { script: derived } of learnt.derived) watchSet.scripts.add(derived)
      if (learnt.derived.length > 0) coins.noteAddition()
      riders.push(...learnt.riders)
    }
    return riders
  }

  tell(event: SpendEvent, { watched, payments, position }: MovementFacts): readonly Rider[] {
    const { outpoint, owners } = watched
    if (isOwn(watched)) this.tellSpend(event, position)
    if (owners.has('payment')) this.tellPayments(event, payments.map((one) => this.described(one)), position)
    if (event.event === 'spend-confirmed') this.burials.note(outpoint, event.block)
    this.keep(outpoint)
    return this.takeRiders()
  }

  found(event: SpendConfirmed, { watched, payments, position, isKnown, isWanted }: FoundFacts): readonly Rider[] {
    const { outpoint, tx, block } = event
    const where = { block, position: position ?? 0 }
    if (!isKnown && isOwn(watched)) this.addNew({ ...this.spendOf(event), ...where })
    if (watched.owners.has('payment')) {
      this.replaceBy(tx, outpoint)
      const followed = new Set(this.followed.get(outpoint)?.payments.map(({ vout }) => vout))
      const all = payments.filter((one) => followed.has(one.vout) || isWanted(one)).map((one) => this.described(one))
      const fresh = isKnown ? all.filter(({ vout }) => !followed.has(vout)) : all
      if (!this.isFollowedElsewhere(tx.txid, outpoint)) for (const one of fresh) this.addNew(this.confirmationOf(tx, one, where))
      this.follow(tx.txid, outpoint, all)
    }
    this.burials.note(outpoint, block)
    this.keep(outpoint)
    return this.takeRiders()
  }

  known(event: SpendBy, { watched, payments, position }: MovementFacts): readonly Rider[] {
    const { outpoint } = watched
    const { tx } = event
    const before = this.followed.get(outpoint)
    const told = before?.txid === tx.txid ? before.payments : []
    const vouts = new Set(told.map(({ vout }) => vout))
    const fresh = payments.filter(({ vout }) => !vouts.has(vout)).map((one) => this.described(one))
    if (fresh.length === 0) return []
    this.replaceBy(tx, outpoint)
    if (event.event === 'spend-seen') this.see(tx, outpoint, fresh)
    else this.confirm(tx, outpoint, fresh, { block: event.block, position: position ?? 0 })
    this.follow(tx.txid, outpoint, [...told, ...fresh])
    if (event.event === 'spend-confirmed') this.burials.note(outpoint, event.block)
    this.keep(outpoint)
    return this.takeRiders()
  }

  gone({ outpoint, mempool, confirmed }: Watched): readonly Rider[] {
    if (mempool !== null || confirmed !== null) return []
    this.letGo(outpoint, (payment) => ({ event: 'payment-evicted', payment }))
    this.unfollow(outpoint)
    return this.takeRiders()
  }

  connected(block: BlockRef): readonly Rider[] {
    for (const outpoint of this.burials.take(block, this.modules.watches.unsearchedFrom)) {
      const state = this.modules.coins.get(outpoint)
      // Undone, or undone and confirmed again higher up.
      if (state === null || state.confirmed === null || state.confirmed.block.height > block.height - BURIED_DEPTH) continue
      this.unfollow(outpoint)
      this.forgetReceived(outpoint)
    }
    return this.takeRiders()
  }

  private restore(outpoint: Outpoint, row: CoinRow): void {
    const { coins, watchSet } = this.modules
    const isWatched = ({ script }: { readonly script: Uint8Array }): boolean => watchSet.scripts.find(viewOf(script), 0, script.length) >= 0
    const known = { outpoint, mempool_txid: row.mempool_txid, confirmed: row.confirmed }
    const payments = row.followed?.payments.filter(isWatched) ?? []
    if (row.followed !== null && payments.length > 0) {
      coins.add([known], 'payment')
      this.setFollowed(outpoint, { txid: row.followed.txid, payments })
    }
    if (row.received !== null && isWatched(row.received)) {
      coins.add([known], 'received')
      this.received.set(outpoint, row.received)
    }
    if (row.listed && coins.isListed(outpoint)) coins.add([known], 'list')
    if (row.confirmed !== null) this.burials.note(outpoint, row.confirmed.block)
  }

  private tellSpend(event: SpendEvent, position: number | null): void {
    const spent = { outpoint: event.outpoint, coin: this.coinAt(event.outpoint) }
    switch (event.event) {
      case 'spend-seen':
        return this.add({ event: event.event, ...spent, ...evidenceOf(event.tx) })
      case 'spend-replaced':
        return this.add({ event: event.event, ...spent, old_txid: event.old_txid, ...evidenceOf(event.tx) })
      case 'spend-confirmed':
        return this.add({ ...this.spendOf(event), position: position ?? 0 })
      case 'spend-evicted':
      case 'spend-unconfirmed':
        return this.add({ ...event, ...spent })
    }
  }

  private tellPayments(event: SpendEvent, payments: readonly FollowedPayment[], position: number | null): void {
    const { outpoint } = event
    switch (event.event) {
      case 'spend-seen':
      case 'spend-replaced':
        this.replaceBy(event.tx, outpoint)
        // Replaced by a block: its confirmation is told next, and nobody saw it in a mempool.
        return position === null ? this.see(event.tx, outpoint, payments) : undefined
      case 'spend-evicted':
        return this.letGo(outpoint, (payment) => ({ event: 'payment-evicted', payment }))
      case 'spend-confirmed':
        this.replaceBy(event.tx, outpoint)
        return this.confirm(event.tx, outpoint, payments, { block: event.block, position: position ?? 0 })
      case 'spend-unconfirmed':
        for (const one of this.followed.get(outpoint)?.payments ?? []) {
          this.add({ event: 'payment-unconfirmed', payment: this.paymentOf(event.txid, one), block: event.block })
        }
    }
  }

  private see(tx: SpendTx, outpoint: Outpoint, payments: readonly FollowedPayment[]): void {
    const news = this.isFollowedElsewhere(tx.txid, outpoint) ? [] : payments
    for (const one of news) this.add({ event: 'payment-seen', payment: this.paymentOf(tx.txid, one), ...evidenceOf(tx) })
    this.follow(tx.txid, outpoint, payments)
  }

  private confirm(tx: SpendTx, outpoint: Outpoint, payments: readonly FollowedPayment[], where: Confirmed): void {
    const news = this.isFollowedElsewhere(tx.txid, outpoint) ? [] : payments
    for (const one of news) this.add(this.confirmationOf(tx, one, where))
    this.follow(tx.txid, outpoint, payments)
  }

  private follow(txid: Txid, outpoint: Outpoint, payments: readonly FollowedPayment[]): void {
    if (payments.length === 0 || this.isFollowedElsewhere(txid, outpoint)) return this.unfollow(outpoint)
    this.setFollowed(outpoint, { txid, payments })
    const coins = payments.map(({ vout }) => outpointOf(txid, vout))
    for (const [i, coin] of coins.entries()) {
      const paid = payments[i]
      if (paid === undefined || this.received.has(coin)) continue
      if (!this.modules.coins.receive(coin)) continue
      this.received.set(coin, paid)
      this.keep(coin)
    }
  }

  /** Whatever else was paid by way of this coin is not. */
  private replaceBy(tx: SpendTx, outpoint: Outpoint): void {
    if (this.followed.get(outpoint)?.txid === tx.txid) return
    this.letGo(outpoint, (payment) => ({ event: 'payment-replaced', payment, ...evidenceOf(tx) }))
  }

  private letGo(outpoint: Outpoint, told: (payment: Payment) => Movement): void {
    const before = this.followed.get(outpoint)
    if (before === undefined) return
    this.forgetFollowed(outpoint)
    for (const one of before.payments) {
      this.add(told(this.paymentOf(before.txid, one)))
      this.forgetReceived(outpointOf(before.txid, one.vout))
    }
  }

  private unfollow(outpoint: Outpoint): void {
    this.forgetFollowed(outpoint)
    this.modules.coins.remove(outpoint, 'payment')
    this.keep(outpoint)
  }

  private setFollowed(outpoint: Outpoint, followed: Followed): void {
    this.forgetFollowed(outpoint)
    this.followed.set(outpoint, followed)
    this.leaders.set(followed.txid, outpoint)
  }

  private forgetFollowed(outpoint: Outpoint): void {
    const before = this.followed.get(outpoint)
    if (before === undefined) return
    this.followed.delete(outpoint)
    this.leaders.delete(before.txid)
  }

  /** One transaction may take the place of several that were followed by different coins: one of these is enough. */
  private isFollowedElsewhere(txid: Txid, outpoint: Outpoint): boolean {
    return (this.leaders.get(txid) ?? outpoint) !== outpoint
  }

  /** A coin that is not there any more is spent by nobody. */
  private forgetReceived(outpoint: Outpoint): void {
    const coin = this.coinAt(outpoint)
    if (!this.received.delete(outpoint)) return
    const state = this.modules.coins.get(outpoint)
    // One that is on a list, too, is still asked for by name.
    if (state !== null && state.mempool !== null && !state.owners.has('list')) {
      this.add({ event: 'spend-evicted', outpoint, coin, txid: state.mempool.txid })
    }
    this.modules.coins.remove(outpoint, 'received')
    this.keep(outpoint)
  }

  /** Unless it was told before. */
  private addNew(movement: Movement): void {
    const fact = factOf(movement)
    if (fact === null || !this.facts.has(fact)) this.add(movement)
  }

  private add(movement: Movement): void {
    const undone = factUndoneBy(movement)
    if (undone !== null) this.facts.delete(undone)
    const { seq, riders } = this.log.add(movement, this.modules.now())
    for (const rider of riders) this.riders.push(rider)
    this.modules.onTold?.(seq, movement)
  }

  /** Writes the coin's row as it is now. */
  private keep(outpoint: Outpoint): void {
    this.riders.push(riderOfCoin(outpoint, this.rowOf(outpoint)))
  }

  private rowOf(outpoint: Outpoint): CoinRow | null {
    const state = this.modules.coins.get(outpoint)
    const received = this.received.get(outpoint) ?? null
    const followed = this.followed.get(outpoint) ?? null
    const listed = state?.owners.has('list') ?? false
    if (state === null || (received === null && followed === null && !listed)) return null
    return {
      mempool_txid: state.mempool?.txid ?? null,
      confirmed: state.confirmed,
      listed,
      received: received && { script: received.script, value: received.value },
      followed: followed && { txid: followed.txid, payments: [...followed.payments] },
    }
  }

  private takeRiders(): readonly Rider[] {
    const riders = this.riders
    this.riders = []
    return riders
  }

  private described({ script, vout, value }: FoundPayment): FollowedPayment {
    return { vout, value, script: this.modules.watchSet.scripts.scriptOf(script) }
  }

  private spendOf({ event, outpoint, tx, block }: SpendConfirmed) {
    return { event, outpoint, coin: this.coinAt(outpoint), ...evidenceOf(tx), block }
  }

  private confirmationOf(tx: SpendTx, paid: FollowedPayment, where: Confirmed): Movement {
    return { event: 'payment-confirmed', payment: this.paymentOf(tx.txid, paid), ...evidenceOf(tx), ...where }
  }

  private paymentOf(txid: Txid, paid: FollowedPayment): Payment {
    return { outpoint: outpointOf(txid, paid.vout), ...this.coinOf(paid) }
  }

  /** Null where it was not paid to a watched script. */
  private coinAt(outpoint: Outpoint): Coin | null {
    const paid = this.received.get(outpoint)
    return paid === undefined ? null : this.coinOf(paid)
  }

  private coinOf({ script, value }: Pick<FollowedPayment, 'script' | 'value'>): Coin {
    const watches = this.modules.watches.placesOf(script).slice(0, MAX_WATCHES_NAMED)
      .map(({ watch, branch, index }) => ({ watch, branch, index }))
    return { script, value, watches }
  }
}

function isOwn({ owners }: Watched): boolean {
  return owners.has('list') || owners.has('received')
}

function evidenceOf({ txid, raw }: SpendTx): { txid: Txid; raw: Uint8Array } {
  return { txid, raw }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
