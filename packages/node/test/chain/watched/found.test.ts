import assert from 'node:assert/strict'
import type { BlockRef } from '@belfry/protocol'
import { type BlockHash, fromHex, type Height, type Outpoint, outpointOf, type Txid } from '@belfry/protocol/primitives'
import { Transaction } from 'bitcoinjs-lib'
import * as fc from 'fast-check'
import { createTxidHasher } from '../../../src/chain/hashing/index.ts'
import { BlockScanner, describeSpend, layoutOf } from '../../../src/chain/serial/index.ts'
import { WatchSet } from '../../../src/chain/watch-set/index.ts'
import { concernedBy, findInTransaction, inputsOf, isCoinbase, type Owner, WatchedCoins } from '../../../src/chain/watched/index.ts'

const SCRIPT = fromHex(`0014${'5a'.repeat(20)}`)
const OTHER_SCRIPT = fromHex(`0014${'a5'.repeat(20)}`)
const BLOCK: BlockRef = { height: 7 as Height, hash: 'cc'.repeat(32) as BlockHash }
const NO_VOUT = 0xffff_ffff

const coin = (number: number, vout = 0): Outpoint => outpointOf(number.toString(16).padStart(64, '0') as Txid, vout)

interface Output {
  readonly script: Uint8Array
  readonly value: bigint
}

const paid = (value = 5n): Output => ({ script: SCRIPT, value })
const other: Output = { script: OTHER_SCRIPT, value: 1n }

function bytesOf(
  inputs: readonly Outpoint[], outputs: readonly Output[], scriptSig = new Uint8Array(0), witness: Uint8Array[] = [],
): Uint8Array {
  const made = new Transaction()
  for (const [i, outpoint] of inputs.entries()) {
    const [txid = '', vout = ''] = outpoint.split(':')
    made.addInput(fromHex(txid).toReversed(), Number(vout), 0, scriptSig)
    made.setWitness(i, witness)
  }
  for (const { script, value } of outputs) made.addOutput(script, value)
  return made.toBuffer()
}

/** A watch set with a script, and what one transaction does to it. */
class Scene {
  readonly watchSet = new WatchSet()
  readonly coins = new WatchedCoins(this.watchSet)
  readonly scanner = new BlockScanner(this.watchSet, createTxidHasher())

  constructor() {
    this.watchSet.scripts.add(SCRIPT)
  }

  watch(outpoint: Outpoint, owner: Owner = 'core'): void {
    this.coins.add([{ outpoint, mempool_txid: null, confirmed: null }], owner)
  }

  find(bytes: Uint8Array) {
    return findInTransaction(this.scanner, bytes)
  }

  concerned(bytes: Uint8Array): Outpoint[] {
    const found = this.find(bytes) ?? assert.fail('nothing was found')
    const { txid } = describeSpend(bytes, found.layout, null)
    return concernedBy(found, bytes, txid, this.coins).map(({ outpoint }) => outpoint)
  }
}

describe('the inputs of a transaction', () => {
  const outpoint = fc
    .tuple(fc.integer({ min: 1 }), fc.integer({ min: 0, max: 0xffff_ffff }))
    .map(([number, vout]) => coin(number, vout))
  const inputs = fc.oneof(
    { weight: 20, arbitrary: fc.array(outpoint, { minLength: 1, maxLength: 5 }) },
    { weight: 1, arbitrary: fc.array(outpoint, { minLength: 252, maxLength: 256 }) },
  )
  const scriptSig = fc.constantFrom(0, 1, 252, 253, 300, 0xffff, 0x1_0000).map((length) => new Uint8Array(length).fill(0xfd))
  const witness = fc.constantFrom<Uint8Array[]>([], [new Uint8Array(70)])

  it('are what it spends, in its order, whatever lengths its parts have', () => {
    fc.assert(fc.property(inputs, scriptSig, witness, fc.nat(5), (spent, script, proof, before) => {
      fc.pre(spent.length < 10 || script.length < 400)
      const bytes = bytesOf(spent, [other], script, proof)
      const padded = new Uint8Array(before + bytes.length).subarray(before)
      padded.set(bytes)
      assert.deepEqual([...inputsOf(padded, layoutOf(padded))], spent)
    }), { numRuns: 60 })
  })
})

describe('what a transaction does to what is watched', () => {
  it('is nothing where it neither spends nor pays anything that is', () => {
    assert.equal(new Scene().find(bytesOf([coin(1)], [other])), null)
  })

  it('is every watched coin that it spends and every payment, in its order', () => {
    const scene = new Scene()
    scene.watch(coin(2))
    scene.watch(coin(4))
    const found = scene.find(bytesOf([coin(1), coin(4), coin(3), coin(2)], [other, paid(7n), other, paid(9n)]))
    assert.deepEqual(found?.spends, [coin(4), coin(2)])
    assert.deepEqual(found.payments.map(({ vout, value }) => [vout, value]), [[1, 7n], [3, 9n]])
  })

  it('leaves out a value that no consensus allows', () => {
    const found = new Scene().find(bytesOf([coin(1)], [paid(2_100_000_000_000_001n), paid(2_100_000_000_000_000n)]))
    assert.deepEqual(found?.payments.map(({ vout }) => vout), [1])
  })

  it('is told of no coin that took the number of one that is watched no longer', () => {
    const scene = new Scene()
    scene.watch(coin(1))
    const bytes = bytesOf([coin(1)], [other])
    const found = scene.find(bytes)
    assert.ok(found)
    scene.coins.remove(coin(1), 'core')
    scene.watch(coin(2))
    assert.deepEqual(concernedBy(found, bytes, 'ee'.repeat(32) as Txid, scene.coins), [])
    assert.deepEqual(scene.coins.all().map(({ outpoint }) => outpoint), [coin(2)], 'and none is made')
  })

  it('is told by a coin that is followed already, else by one that is watched, else by the first that it spends', () => {
    const bytes = bytesOf([coin(1), coin(2), coin(3)], [paid()])
    const scene = new Scene()
    assert.deepEqual(scene.concerned(bytes), [coin(1)])
    assert.deepEqual([...scene.coins.get(coin(1))?.owners ?? []], ['payment'])

    const watched = new Scene()
    watched.watch(coin(2))
    assert.deepEqual(watched.concerned(bytes), [coin(2)])
    assert.deepEqual([...watched.coins.get(coin(2))?.owners ?? []], ['core', 'payment'])

    const followed = new Scene()
    followed.watch(coin(1))
    followed.watch(coin(3), 'payment')
    assert.deepEqual(followed.concerned(bytes), [coin(1), coin(3)])
    assert.deepEqual([...followed.coins.get(coin(1))?.owners ?? []], ['core'])
  })

  it('is told by a name of its own where it is a coinbase', () => {
    const scene = new Scene()
    const bytes = bytesOf([coin(0, NO_VOUT)], [paid()], Uint8Array.of(1, 2))
    const { txid } = describeSpend(bytes, layoutOf(bytes), null)
    assert.deepEqual(scene.concerned(bytes), [outpointOf(txid, NO_VOUT)])
    const [watched] = scene.coins.all()
    assert.ok(watched && isCoinbase(watched))
  })

  it('is told of the payment by nobody where there is no room, and of the spends all the same', () => {
    const scene = new Scene()
    const full = new WatchedCoins(scene.watchSet, 2)
    full.add([{ outpoint: coin(2), mempool_txid: null, confirmed: { txid: 'aa'.repeat(32), block: BLOCK } }], 'core')
    const bytes = bytesOf([coin(1)], [paid()])
    const found = scene.find(bytes)
    assert.ok(found)
    assert.deepEqual(concernedBy(found, bytes, 'ee'.repeat(32) as Txid, full), [])
    const both = bytesOf([coin(1), coin(2)], [paid()])
    const spending = scene.find(both)
    assert.ok(spending)
    assert.deepEqual(concernedBy(spending, both, 'ee'.repeat(32) as Txid, full).map(({ outpoint }) => outpoint), [coin(2)])
  })
})
