import assert from 'node:assert/strict'
import { type Outpoint, type Txid, outpointOf } from '@belfry/protocol/primitives'
import { type Block, makeBlock } from '../../src/chain/blocks.ts'
import { SimBitcoind, type SimTx, makeTx } from '../../src/chain/index.ts'
import { fakeSuite } from '../../src/crypto/index.ts'

const suite = fakeSuite()
const BASE = outpointOf('11'.repeat(32) as Txid, 0)

function tx(spends: Outpoint, feerate: number, csv = 0): SimTx {
  return makeTx(suite, { purpose: 'unvault', label: `${feerate}`, spends, feerate, vsize: 150, csv })
}

let salt = 0
function block(previous: Block | null, ...txs: SimTx[]): Block {
  salt += 1
  return makeBlock(suite, previous, (previous?.ref.height ?? 99) + 1, txs, salt)
}

const deposit = tx(BASE, 10_000)

function newNode(): { node: SimBitcoind; first: Block } {
  const first = block(null, deposit)
  return { node: new SimBitcoind('node', first), first }
}

describe('SimBitcoind', () => {
  it('takes a spend of what is there, once, and nothing that spends what is not', () => {
    const { node } = newNode()
    const spend = tx(deposit.output, 5_000)
    assert.equal(node.submit(tx(outpointOf('22'.repeat(32) as Txid, 0), 5_000)), 'inputs-missing')
    assert.equal(node.submit(spend), 'accepted')
    assert.equal(node.submit(spend), 'already-known')
    assert.equal(node.mempoolSpender(deposit.output), spend)
  })

  it('replaces a spend by one that pays more, with all that hangs on it, and by no other', () => {
    const { node } = newNode()
    const low = tx(deposit.output, 5_000)
    const child = tx(low.output, 5_000)
    const high = tx(deposit.output, 50_000)
    node.submit(low)
    node.submit(child)
    assert.equal(node.submit(tx(deposit.output, 5_001)), 'conflict')
    assert.equal(node.submit(high), 'accepted')
    assert.equal(node.mempoolSpender(deposit.output), high)
    assert.equal(node.mempoolSpender(low.output), null)
    assert.equal(node.submit(child), 'inputs-missing')
  })

  it('replaces a spend by a package that pays more together, and by none that pays less', () => {
    const { node } = newNode()
    const rung = tx(deposit.output, 50_000)
    const anchored = tx(deposit.output, 2_000)
    node.submit(rung)
    assert.equal(node.submit(tx(anchored.output, 60_000), anchored), 'conflict')
    assert.equal(node.mempoolSpender(deposit.output), rung)
    const child = tx(anchored.output, 120_000)
    assert.equal(node.submit(child, anchored), 'accepted')
    assert.deepEqual([node.mempoolSpender(deposit.output), node.mempoolSpender(anchored.output)], [anchored, child])
    assert.equal(node.submit(rung), 'conflict', 'no rung climbs over the child')
    assert.equal(node.submit(tx(anchored.output, 130_000), anchored), 'accepted', 'another child does')
  })

  it('keeps to its floor, but for a package that pays enough together', () => {
    const { node } = newNode()
    node.floor = 6_000 as typeof node.floor
    const parent = tx(deposit.output, 2_000)
    const child = tx(parent.output, 20_000)
    assert.equal(node.submit(parent), 'fee-too-low')
    assert.equal(node.submit(child), 'inputs-missing')
    assert.equal(node.submit(child, parent), 'accepted')
    assert.equal(node.mempoolSpender(deposit.output), parent)
  })

  it('takes a spend with a relative lock in the block before it becomes final, and not before', () => {
    const { node, first } = newNode()
    const locked = tx(deposit.output, 5_000, 3)
    assert.equal(node.submit(locked), 'not-final')
    const second = block(first)
    node.learn(second)
    assert.equal(node.submit(locked), 'not-final')
    node.learn(block(second))
    assert.equal(node.submit(locked), 'accepted')
  })

  it('drops what a block takes or makes impossible, and takes it back when the block goes', () => {
    const { node, first } = newNode()
    const mine = tx(deposit.output, 5_000)
    const theirs = tx(deposit.output, 2_000)
    node.submit(mine)
    node.learn(block(first, theirs))
    assert.equal(node.mempoolSpender(deposit.output), null)
    assert.equal(node.submit(mine), 'inputs-missing')
    assert.equal(node.submit(theirs), 'already-known')
    // A longer branch without it.
    node.learn(block(block(first)))
    assert.equal(node.mempoolSpender(deposit.output), theirs)
    assert.ok(!node.tip.confirmed.has(theirs.txid))
  })

  it('keeps the child of what a block took, also when the block goes', () => {
    const { node, first } = newNode()
    const parent = tx(deposit.output, 5_000)
    const child = tx(parent.output, 5_000)
    node.submit(parent)
    node.submit(child)
    const taken = block(first, parent)
    node.learn(taken)
    assert.equal(node.mempoolSpender(parent.output), child)
    node.learn(block(block(first)))
    assert.equal(node.mempoolSpender(deposit.output), parent)
    assert.equal(node.mempoolSpender(parent.output), child)
  })

  it('follows the branch with more blocks, and of two alike the one it had first', () => {
    const { node, first } = newNode()
    const mine = block(first)
    const other = block(first)
    node.learn(mine)
    node.learn(other)
    assert.equal(node.tip, mine)
    node.learn(block(other))
    assert.equal(node.tip.previous, other)
  })

  it('learns nothing and answers nothing while it is down, and catches up when it is back', () => {
    const { node, first } = newNode()
    const spend = tx(deposit.output, 5_000)
    node.submit(spend)
    node.stop()
    const next = block(first)
    node.learn(next)
    assert.equal(node.tip, first)
    assert.equal(node.submit(spend), 'unreachable')
    assert.ok(!node.wouldTake(spend))
    node.start(false)
    assert.equal(node.tip, next)
    assert.equal(node.mempoolSpender(deposit.output), null)
    assert.ok(node.wouldTake(spend))
  })

  it('evicts a transaction with all that spends it', () => {
    const { node } = newNode()
    const parent = tx(deposit.output, 5_000)
    node.submit(parent)
    node.submit(tx(parent.output, 5_000))
    node.evict(parent.txid)
    assert.deepEqual(node.mempool(), [])
  })
})
