/** One bitcoind: its best chain, its mempool, and its answers. */
import type { BroadcastAnswer } from '@belfry/protocol'
import { type Feerate, type Outpoint, type Txid, splitOutpoint } from '@belfry/protocol/primitives'
import { type Block, undoneBetween } from './blocks.ts'
import type { SimTx } from './transactions.ts'

/** `stuck`: it answers and hears nothing. `eclipsed`: it hears of a fork that somebody mines for it, and nobody hears it. */
export type Seclusion = 'none' | 'stuck' | 'eclipsed'

export class SimBitcoind {
  readonly name: string
  #tip: Block
  readonly #mempool = new Map<Txid, SimTx>()
  readonly #spenders = new Map<Outpoint, SimTx>()
  #best: Block
  #is_up = true
  #seclusion: Seclusion = 'none'
  /** Below this its mempool takes nothing alone. */
  floor = 1_000 as Feerate
  estimate: Feerate | null = null
  readonly #followers = new Set<() => void>()

  constructor(name: string, tip: Block) {
    this.name = name
    this.#tip = tip
    this.#best = tip
  }

  get tip(): Block {
    return this.#tip
  }

  get is_up(): boolean {
    return this.#is_up
  }

  get seclusion(): Seclusion {
    return this.#seclusion
  }

  /** Called after every change of chain, mempool, health or market. */
  follow(onChange: () => void): void {
    this.#followers.add(onChange)
  }

  unfollow(onChange: () => void): void {
    this.#followers.delete(onChange)
  }

  tellChange(): void {
    for (const tell of this.#followers) tell()
  }

  mempoolSpender(outpoint: Outpoint): SimTx | null {
    return this.#spenders.get(outpoint) ?? null
  }

  mempool(): readonly SimTx[] {
    return [...this.#mempool.values()]
  }

  knows(txid: Txid): boolean {
    return this.#mempool.has(txid) || this.#tip.confirmed.has(txid)
  }

  /** A block, with all those before it, has reached this node. */
  learn(block: Block): void {
    if (block.ref.height > this.#best.ref.height) this.#best = block
    this.#follow()
  }

  seclude(seclusion: Seclusion): void {
    this.#seclusion = seclusion
    this.#follow()
  }

  /** A block of the fork that is mined for an eclipsed node. What it learnt of the others' chain it takes up afterwards. */
  mislead(block: Block): void {
    const best = this.#best
    this.setTip(block)
    this.#best = best
  }

  stop(): void {
    this.#is_up = false
    this.tellChange()
  }

  /** `keepsMempool`: it was written to disk and read back. */
  start(keepsMempool: boolean): void {
    this.#is_up = true
    if (!keepsMempool) for (const tx of this.mempool()) this.#drop(tx)
    this.#follow()
    this.tellChange()
  }

  #follow(): void {
    if (this.#is_up && this.#seclusion === 'none' && this.#best.ref.height > this.#tip.ref.height) this.setTip(this.#best)
  }

  /** Makes `block` the tip, also one with less work: for the miner that builds another branch. */
  setTip(block: Block): void {
    const undone = undoneBetween(this.#tip, block)
    this.#tip = block
    this.#best = block
    // Oldest first, for a child needs its parent. What was confirmed once is taken back whatever it pays.
    for (const { txs } of undone.toReversed()) {
      for (const tx of txs) if (this.#check(tx, true) === 'accepted') this.#add(tx)
    }
    for (const tx of this.mempool()) if (!this.#isStillValid(tx)) this.#drop(tx)
    this.tellChange()
  }

  /** `sendrawtransaction`, or with a parent `submitpackage` [parent, tx]. */
  submit(tx: SimTx, parent: SimTx | null = null): BroadcastAnswer {
    if (!this.#is_up) return 'unreachable'
    const isPackage = parent !== null && !this.knows(parent.txid)
    if (isPackage) {
      const answer = this.#check(parent, this.#packageFeerate(parent, tx) >= this.floor, tx)
      if (answer !== 'accepted') return answer
      this.#add(parent)
    }
    const answer = this.#check(tx, false)
    if (answer === 'accepted') this.#add(tx)
    if (answer === 'accepted' || isPackage) this.tellChange()
    return answer
  }

  /** `testmempoolaccept`; what it has already counts as accepted. */
  wouldTake(tx: SimTx): boolean {
    if (!this.#is_up) return false
    const answer = this.#check(tx, false)
    return answer === 'accepted' || answer === 'already-known'
  }

  /** It leaves the mempool with all that spends it, and no block took it. */
  evict(txid: Txid): void {
    const tx = this.#mempool.get(txid)
    if (tx === undefined) return
    this.#drop(tx)
    this.tellChange()
  }

  #packageFeerate(parent: SimTx, child: SimTx): number {
    return (Number(parent.fee + child.fee) * 1_000) / (parent.vsize + child.vsize)
  }

  /** `child`: of a package, which replaces others by what both pay. */
  #check(tx: SimTx, ignoresFloor: boolean, child: SimTx | null = null): BroadcastAnswer {
    if (this.knows(tx.txid)) return 'already-known'
    if (this.#tip.spent.has(tx.spends)) return 'inputs-missing'
    const parent = splitOutpoint(tx.spends).txid
    const parentHeight = this.#tip.confirmed.get(parent)
    if (parentHeight === undefined && !this.#mempool.has(parent)) return 'inputs-missing'
    if (tx.csv > 0 && (parentHeight === undefined || this.#tip.ref.height + 1 < parentHeight + tx.csv)) return 'not-final'
    if (!ignoresFloor && tx.feerate < this.floor) return 'fee-too-low'
    const rival = this.#spenders.get(tx.spends)
    if (rival === undefined) return 'accepted'
    // BIP-125, rules 3, 4 and 6: more than all that it replaces, and a better rate.
    const replaced = [rival, ...this.#descendants(rival)]
    const fees = replaced.reduce((sum, { fee }) => sum + fee, 0n)
    const paid = tx.fee + (child?.fee ?? 0n)
    const feerate = child === null ? tx.feerate : this.#packageFeerate(tx, child)
    return paid > fees && feerate > rival.feerate ? 'accepted' : 'conflict'
  }

  #isStillValid(tx: SimTx): boolean {
    if (this.#tip.confirmed.has(tx.txid) || this.#tip.spent.has(tx.spends)) return false
    const parent = splitOutpoint(tx.spends).txid
    const parentHeight = this.#tip.confirmed.get(parent)
    if (parentHeight === undefined) return this.#mempool.has(parent) && tx.csv === 0
    return this.#tip.ref.height + 1 >= parentHeight + tx.csv
  }

  #add(tx: SimTx): void {
    const rival = this.#spenders.get(tx.spends)
    if (rival !== undefined) this.#drop(rival)
    this.#mempool.set(tx.txid, tx)
    this.#spenders.set(tx.spends, tx)
  }

  #drop(tx: SimTx): void {
    // A child of what a block took stays: its input is there still.
    if (!this.#tip.confirmed.has(tx.txid)) for (const child of this.#descendants(tx)) this.#drop(child)
    this.#mempool.delete(tx.txid)
    if (this.#spenders.get(tx.spends) === tx) this.#spenders.delete(tx.spends)
  }

  #descendants(tx: SimTx): SimTx[] {
    const child = this.#spenders.get(tx.output)
    return child === undefined ? [] : [child, ...this.#descendants(child)]
  }
}
