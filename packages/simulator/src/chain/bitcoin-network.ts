/** The miner, and how blocks and transactions reach every member's bitcoind. */
import type { BlockRef, Hasher } from '@belfry/protocol'
import { type BlockHash, type Txid, invariant } from '@belfry/protocol/primitives'
import type { Random, World } from '../world/index.ts'
import { SimBitcoind } from './bitcoind.ts'
import { type Block, ancestorAt, makeBlock } from './blocks.ts'
import type { SimTx } from './transactions.ts'

export interface BitcoinFaults {
  /** Mean time between blocks. */
  readonly block_ms: number
  /** Longest usual time that a block takes to a member. */
  readonly block_relay_ms: number
  /** Chance that a block takes ten times as long to a member. */
  readonly slow_block: number
  /** Longest time that a transaction takes to a node. */
  readonly tx_relay_ms: number
  /** Chance that a member's mempool never sees a transaction but from its own user. */
  readonly never_relayed: number
  /** Chance that a block leaves out a transaction that pays enough. */
  readonly left_out: number
  /** Chance with each block that a longer branch takes over, and how many blocks it undoes at most. */
  readonly reorg: number
  readonly longest_reorg: number
  /** Chance with each block that a member's mempool drops a transaction. */
  readonly evicts: number
  /** Factor by which the market may move with each block; 1 for none. */
  readonly drift: number
  /** How far a member's own estimate may be off, as a factor. */
  readonly estimate_error: number
}

export class BitcoinNetwork {
  readonly #world: World
  readonly #random: Random
  readonly #hasher: Hasher
  readonly miner: SimBitcoind
  readonly nodes: readonly SimBitcoind[]
  readonly #deaf = new Set<string>()
  /** What an eclipsed node was given by its own user: told as soon as anybody hears it. */
  readonly #untold = new Map<SimBitcoind, { readonly tx: SimTx; readonly parent: SimTx | null }[]>()
  /** Mined whatever they pay, from that height on: thieves have their ways. */
  readonly sponsored = new Map<Txid, number>()
  faults: BitcoinFaults
  /** A liar has joined a coin of its own to a recovery, so that it pays too little and is dear to replace. */
  is_junk_joined = false
  /** No block takes a recovery transaction. */
  censors = false
  /** What a transaction must pay to be mined, sat/kvB. */
  market: number
  market_limit: number
  readonly #blocks = new Map<string, Block>()
  /** A reorg never undoes this block: what is enrolled stays enrolled. */
  #anchor: Block
  onBlock: (block: Block) => void = () => {}

  constructor(
    options: { faults: BitcoinFaults; members: number; height: number; market: number; market_limit: number },
    modules: { world: World; random: Random; hasher: Hasher },
  ) {
    this.#world = modules.world
    this.#random = modules.random
    this.#hasher = modules.hasher
    this.faults = options.faults
    this.market = options.market
    this.market_limit = options.market_limit
    const below = this.#block(null, options.height - 1, [])
    const first = this.#block(below, options.height, [])
    this.#anchor = first
    this.miner = new SimBitcoind('miner', first)
    this.nodes = Array.from({ length: options.members }, (_, at) => new SimBitcoind(`bitcoind ${at + 1}`, first))
  }

  get tip(): Block {
    return this.miner.tip
  }

  /** @throws InvariantError for a block that was never made */
  blockOf({ hash }: BlockRef): Block {
    const block = this.#blocks.get(hash)
    invariant(block !== undefined, 'members follow only blocks that were made')
    return block
  }

  /** Null for a block that was never made. */
  find(hash: BlockHash): Block | null {
    return this.#blocks.get(hash) ?? null
  }

  /** Blocks come from now on. */
  start(): void {
    const { block_ms } = this.faults
    const gap_ms = Math.min(block_ms * 4, Math.max(block_ms / 8, this.#random.exponential(block_ms)))
    this.#world.after(gap_ms, () => {
      this.#nextBlock()
      this.start()
    })
  }

  /** Puts a transaction into the next block at once, and that block everywhere: for what there is before the story begins. */
  found(txs: readonly SimTx[]): void {
    const block = this.#block(this.tip, this.tip.ref.height + 1, txs)
    this.#anchor = block
    for (const node of [this.miner, ...this.nodes]) node.learn(block)
  }

  /** From a node (null: from elsewhere in the network) to all the others. */
  relay(tx: SimTx, from: SimBitcoind | null, parent: SimTx | null = null): void {
    if (from?.seclusion === 'eclipsed') {
      this.#untold.set(from, [...(this.#untold.get(from) ?? []), { tx, parent }])
      return
    }
    for (const node of [this.miner, ...this.nodes]) {
      if (node === from || node.knows(tx.txid) || this.#isDeaf(node, tx)) continue
      this.#world.after(this.#random.int(50, this.faults.tx_relay_ms), () => {
        if (node.seclusion === 'none') node.submit(tx, parent)
      })
    }
  }

  /** Some members' mempools never see a transaction; the miner sees all. */
  #isDeaf(node: SimBitcoind, tx: SimTx): boolean {
    if (node === this.miner) return false
    const key = `${node.name}/${tx.txid}`
    if (this.#deaf.has(key)) return true
    if (!this.#random.chance(this.faults.never_relayed)) return false
    this.#deaf.add(key)
    return true
  }

  /** Everybody forgets a transaction that was not mined. */
  evictEverywhere(txid: Txid): void {
    for (const node of [this.miner, ...this.nodes]) node.evict(txid)
  }

  /** All nodes are at the best block. */
  catchUp(nodes: readonly SimBitcoind[]): void {
    for (const node of nodes) {
      if (!node.is_up) node.start(true)
      node.learn(this.tip)
    }
  }

  #nextBlock(): void {
    this.#moveMarket()
    const depth = this.#random.chance(this.faults.reorg) ? this.#random.int(1, this.faults.longest_reorg) : 0
    const base = ancestorAt(this.tip, Math.max(this.#anchor.ref.height, this.tip.ref.height - depth))
    const lost = base === null ? 0 : this.tip.ref.height - base.ref.height
    if (base !== null && lost > 0) this.miner.setTip(base)
    for (let i = 0; i <= lost; i++) this.miner.setTip(this.#mine())
    for (const node of this.nodes) {
      this.#sendBlock(node, this.tip)
      this.#mislead(node)
      this.#tellUntold(node)
      this.#disturb(node)
    }
    this.onBlock(this.tip)
  }

  #sendBlock(node: SimBitcoind, block: Block): void {
    const { block_relay_ms, slow_block } = this.faults
    const delay_ms = this.#random.int(20, block_relay_ms) * (this.#random.chance(slow_block) ? 10 : 1)
    this.#world.after(delay_ms, () => node.learn(block))
  }

  /** Whoever eclipses a node has some of the others' hash power, and never as much. */
  #mislead(node: SimBitcoind): void {
    if (node.seclusion !== 'eclipsed' || node.tip.ref.height + 1 >= this.tip.ref.height || !this.#random.chance(0.5)) return
    node.mislead(this.#block(node.tip, node.tip.ref.height + 1, []))
  }

  #tellUntold(node: SimBitcoind): void {
    const untold = this.#untold.get(node)
    if (untold === undefined || node.seclusion === 'eclipsed') return
    this.#untold.delete(node)
    for (const { tx, parent } of untold) if (node.knows(tx.txid)) this.relay(tx, node, parent)
  }

  #disturb(node: SimBitcoind): void {
    const { evicts, estimate_error } = this.faults
    const [tx] = this.#random.sample(node.mempool(), 1)
    if (tx !== undefined && this.#random.chance(evicts)) node.evict(tx.txid)
    const factor = this.#random.between(1 / estimate_error, estimate_error)
    node.estimate = this.#random.chance(0.1) ? null : (Math.round(this.market * factor) as typeof node.estimate)
    node.tellChange()
  }

  #moveMarket(): void {
    const { drift } = this.faults
    const moved = this.market * this.#random.between(1 / drift, drift)
    this.market = Math.round(Math.min(this.market_limit, Math.max(1_000, moved)))
  }

  #mine(): Block {
    const height = this.tip.ref.height + 1
    const taken: SimTx[] = []
    // Twice, for a child that stands before its parent.
    for (const tx of [...this.miner.mempool(), ...this.miner.mempool()]) {
      if (!taken.includes(tx) && this.#isWorthwhile(tx, height, taken)) taken.push(tx)
    }
    return this.#block(this.tip, height, taken)
  }

  #isWorthwhile(tx: SimTx, height: number, taken: readonly SimTx[]): boolean {
    if (this.censors && (tx.purpose === 'clawback' || tx.purpose === 'emergency')) return false
    const parent = this.miner.mempool().find(({ output }) => output === tx.spends)
    if (parent !== undefined && !taken.includes(parent)) return false
    if ((this.sponsored.get(tx.txid) ?? Number.POSITIVE_INFINITY) <= height) return true
    const child = this.miner.mempoolSpender(tx.output)
    const packageRate = child === null ? 0 : (Number(tx.fee + child.fee) * 1_000) / (tx.vsize + child.vsize)
    return Math.max(tx.feerate, packageRate) >= this.market && !this.#random.chance(this.faults.left_out)
  }

  #block(previous: Block | null, height: number, txs: readonly SimTx[]): Block {
    const block = makeBlock(this.#hasher, previous, height, txs, this.#blocks.size)
    this.#blocks.set(block.ref.hash, block)
    return block
  }
}
