/** Whatever happens to a bitcoind, and whenever the process dies: replaying what was told gives what bitcoind has. */
import assert from 'node:assert/strict'
import { type BlockRef, type ChainEvent, type WatchedOutpoint } from '@belfry/protocol'
import { type Outpoint, type Txid, outpointOf } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import { type Block, ancestorAt, makeBlock } from '../../src/chain/blocks.ts'
import { SimBitcoind, SimFollower, type SimTx, makeTx } from '../../src/chain/index.ts'
import { fakeSuite } from '../../src/crypto/index.ts'

const suite = fakeSuite()
const BASE = outpointOf('11'.repeat(32) as Txid, 0)
const make = (spends: Outpoint, feerate: number): SimTx =>
  makeTx(suite, { purpose: 'unvault', label: String(feerate), spends, feerate, vsize: 150 })
const deposit = make(BASE, 10_000)
const spends = [5_000, 20_000, 80_000].map((feerate) => make(deposit.output, feerate))
const children = spends.map(({ output }) => make(output, 9_000))
const WATCHED = [deposit.output, ...spends.map(({ output }) => output)]

type Action =
  | { readonly do: 'submit'; readonly which: number }
  | { readonly do: 'mine'; readonly empty: boolean }
  | { readonly do: 'reorg'; readonly depth: number }
  | { readonly do: 'evict' | 'outage' | 'crash' }
  | { readonly do: 'tell'; readonly events: number }

const anyAction: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constant('submit' as const), which: fc.nat(5) }),
  fc.record({ do: fc.constant('mine' as const), empty: fc.boolean() }),
  fc.record({ do: fc.constant('reorg' as const), depth: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constantFrom('evict' as const, 'outage' as const, 'crash' as const) }),
  fc.record({ do: fc.constant('tell' as const), events: fc.integer({ min: 1, max: 8 }) }),
)

interface Known {
  mempool: Txid | null
  confirmed: { readonly txid: Txid; readonly block: BlockRef } | null
}

/** What a core would know, with every event checked against what came before. */
class Listener {
  readonly known = new Map<Outpoint, Known>(WATCHED.map((outpoint) => [outpoint, { mempool: null, confirmed: null }]))
  position: BlockRef | null = null

  hear(event: ChainEvent): void {
    if (event.event === 'chain-health') return
    if (event.event === 'block-connected') {
      if (this.position) assert.equal(event.previous, this.position.hash)
      this.position = event.block
      return
    }
    if (event.event === 'block-disconnected') {
      assert.deepEqual(event.block, this.position)
      for (const { confirmed } of this.known.values()) assert.notEqual(confirmed?.block.hash, event.block.hash)
      this.position = { height: (event.block.height - 1) as BlockRef['height'], hash: event.previous }
      return
    }
    const known = this.known.get(event.outpoint)
    assert.ok(known)
    this.#hearSpend(known, event)
  }

  #hearSpend(known: Known, event: Extract<ChainEvent, { event: `spend-${string}` }>): void {
    switch (event.event) {
      case 'spend-seen':
        assert.equal(known.mempool, null)
        known.mempool = event.tx.txid
        return
      case 'spend-replaced':
        assert.equal(known.mempool, event.old_txid)
        known.mempool = event.tx.txid
        return
      case 'spend-evicted':
        assert.equal(known.mempool, event.txid)
        known.mempool = null
        return
      case 'spend-confirmed':
        assert.ok(known.confirmed === null)
        known.confirmed = { txid: event.tx.txid, block: event.block }
        known.mempool = null
        return
      case 'spend-unconfirmed':
        assert.equal(known.confirmed?.txid, event.txid)
        assert.deepEqual(known.confirmed.block, event.block)
        known.confirmed = null
    }
  }

  get watched(): WatchedOutpoint[] {
    return [...this.known].map(([outpoint, { mempool, confirmed }]) => ({ outpoint, mempool_txid: mempool, confirmed }))
  }
}

class Setting {
  readonly #blocks = new Map<string, Block>()
  readonly node: SimBitcoind
  readonly listener = new Listener()
  #follower: SimFollower

  constructor() {
    this.node = new SimBitcoind('node', this.#block(this.#block(null, []), [deposit]))
    this.#follower = new SimFollower({ at: null, watched: this.listener.watched }, { bitcoind: this.node })
    // What was spent before it began to watch nobody tells: a member asks when it enrols.
    this.tell()
  }

  #block(previous: Block | null, txs: readonly SimTx[]): Block {
    const block = makeBlock(suite, previous, (previous?.ref.height ?? 99) + 1, txs, this.#blocks.size)
    this.#blocks.set(block.ref.hash, block)
    return block
  }

  perform(action: Action): void {
    const { node } = this
    switch (action.do) {
      case 'submit': {
        const tx = [...spends, ...children][action.which]
        if (tx) node.submit(tx)
        return
      }
      case 'mine':
        node.learn(this.#block(node.tip, action.empty ? [] : node.mempool()))
        return
      case 'reorg': {
        let block = ancestorAt(node.tip, Math.max(101, node.tip.ref.height - action.depth)) ?? node.tip
        for (let i = 0; i <= action.depth; i++) block = this.#block(block, [])
        node.learn(block)
        return
      }
      case 'evict': {
        const [tx] = node.mempool()
        if (tx) node.evict(tx.txid)
        return
      }
      case 'outage':
        node.stop()
        node.start(false)
        return
      case 'crash': {
        const { position, watched } = this.listener
        const at = position && (this.#blocks.get(position.hash) ?? null)
        this.#follower = new SimFollower({ at, watched }, { bitcoind: node })
        return
      }
      case 'tell':
        for (let i = 0; i < action.events; i++) this.tell()
    }
  }

  tell(): boolean {
    const event = this.#follower.next()
    if (event) this.listener.hear(event)
    return event !== null
  }

  check(): void {
    for (let i = 0; this.tell(); i++) assert.ok(i < 1_000, 'it never comes to an end')
    assert.deepEqual(this.listener.position, this.node.tip.ref)
    for (const [outpoint, { mempool, confirmed }] of this.listener.known) {
      assert.equal(confirmed?.txid ?? null, this.node.tip.spent.get(outpoint)?.txid ?? null)
      if (confirmed) assert.equal(this.node.tip.confirmed.get(confirmed.txid), confirmed.block.height)
      assert.equal(mempool, this.node.mempoolSpender(outpoint)?.txid ?? null)
    }
  }
}

describe('SimFollower', () => {
  it('tells each fact once and in order, across reorganisations, outages and crashes', () => {
    fc.assert(
      fc.property(fc.array(anyAction, { maxLength: 40 }), (actions) => {
        const setting = new Setting()
        for (const action of actions) setting.perform(action)
        setting.check()
      }),
      { numRuns: 400 },
    )
  })

  it('tells the best block first where nothing was known before', () => {
    const setting = new Setting()
    assert.deepEqual(setting.listener.position, setting.node.tip.ref)
  })

  it('tells a reorganisation with its spends undone before the block', () => {
    const setting = new Setting()
    setting.perform({ do: 'submit', which: 0 })
    setting.perform({ do: 'mine', empty: false })
    setting.check()
    assert.equal(setting.listener.known.get(deposit.output)?.confirmed?.txid, spends[0]?.txid)
    setting.perform({ do: 'reorg', depth: 1 })
    setting.check()
    assert.equal(setting.listener.known.get(deposit.output)?.confirmed, null)
    assert.equal(setting.listener.known.get(deposit.output)?.mempool, spends[0]?.txid)
  })
})
