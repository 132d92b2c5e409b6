import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  type Feerate, type Height, type IncidentId, type Txid, outpointOf, sats,
} from '@belfry/protocol/primitives'
import { type BumpEntry, Ledger } from '../../src/fee-wallet/ledger.ts'
import { StoreError } from '../../src/store/index.ts'
import { StoredRows } from '../movements/support/wallet-watcher.ts'

const BUDGET = { max_sat_per_incident: 100_000, max_sat_per_window: 250_000, window_blocks: 144 }
const hex = (n: number): string => n.toString(16).padStart(64, '0')
const incident = (n: number): IncidentId => hex(n) as IncidentId
const coinOf = (n: number) => outpointOf(hex(n) as Txid, 0)
const at = (height: number): Height => height as Height

let made = 1_000
function bump(n: number, cost: number, height = 500, outpoint = n): BumpEntry {
  made += 1
  return {
    incident_id: incident(n), recovery: hex(n) as Txid, outpoint: coinOf(outpoint), means: 'anchored',
    coin: coinOf(made), spender: hex(made) as Txid, txid: hex(n) as Txid, cost: sats(cost), fee: sats(cost), feerate: 1_000 as Feerate,
    height: at(height),
  }
}

describe('the ledger of the fee wallet', () => {
  it('counts what replaces what once, at its dearest', () => {
    const ledger = new Ledger(BUDGET)
    for (const cost of [10_000, 60_000, 30_000]) ledger.addBump(bump(1, cost))
    assert.equal(ledger.spentInWindow(at(500)), 60_000n)
    // A further bump of the same coin replaces these.
    assert.equal(ledger.roomFor(incident(1), coinOf(1), at(500)), 100_000n)
    assert.equal(ledger.roomFor(incident(1), coinOf(77), at(500)), 40_000n)
    assert.equal(ledger.roomFor(incident(2), coinOf(2), at(500)), 100_000n)
  })

  it('limits the incident, and all of them and the splits in the window', () => {
    const ledger = new Ledger(BUDGET)
    for (const n of [1, 2]) ledger.addBump(bump(n, 100_000))
    assert.equal(ledger.roomFor(incident(3), coinOf(3), at(510)), 50_000n)
    ledger.addSplit({ txid: hex(9) as Txid, cost: sats(2_000), height: at(505) })
    assert.equal(ledger.roomFor(incident(3), coinOf(3), at(510)), 48_000n)
    assert.equal(ledger.roomForSplit(at(510)), 48_000n)
    assert.equal(ledger.roomFor(incident(3), coinOf(3), at(643)), 48_000n)
    assert.equal(ledger.roomFor(incident(3), coinOf(3), at(644)), 100_000n)
    assert.equal(ledger.roomForSplit(at(644)), 248_000n)
    assert.equal(ledger.roomForSplit(at(649)), 250_000n)
  })

  it('never lets the sum of what it allowed pass either limit', () => {
    const steps = fc.array(fc.record({ n: fc.nat(4), outpoint: fc.nat(2), ask: fc.nat(150_000), later: fc.nat(40) }), { maxLength: 60 })
    fc.assert(fc.property(steps, (asked) => {
      const ledger = new Ledger(BUDGET)
      const dearest = new Map<string, { cost: number; height: number; n: number }>()
      let height = 1_000
      for (const { n, outpoint, ask, later } of asked) {
        height += later
        const spends = n * 10 + outpoint
        const room = Number(ledger.roomFor(incident(n), coinOf(spends), at(height)))
        const cost = Math.min(ask, room)
        ledger.addBump(bump(n, cost, height, spends))
        const before = dearest.get(`${spends}`)
        dearest.set(`${spends}`, { n, height, cost: Math.max(cost, before?.cost ?? 0) })
        const ofIncident = [...dearest.values()].filter((one) => one.n === n).reduce((sum, one) => sum + one.cost, 0)
        assert.ok(ofIncident <= BUDGET.max_sat_per_incident)
        assert.ok(ledger.spentInWindow(at(height)) <= BigInt(BUDGET.max_sat_per_window))
      }
    }), { numRuns: 200 })
  })

  it('is the same after it was written and read, and forgets only what counts no more', async () => {
    const store = new StoredRows()
    const ledger = new Ledger(BUDGET)
    const last = bump(1, 30_000)
    ledger.addBump(bump(1, 20_000))
    ledger.addBump(last)
    ledger.addBump(bump(2, 5_000, 100))
    ledger.addSplit({ txid: hex(9) as Txid, cost: sats(700), height: at(100) })
    await store.write([ledger.rider()])
    const read = await Ledger.load(store, BUDGET)
    assert.deepEqual(read.bumps, ledger.bumps)
    assert.deepEqual(read.splits, ledger.splits)
    assert.deepEqual(read.last(incident(1), coinOf(1)), last)
    assert.equal(read.prune(at(500), new Set([incident(2)]), new Set([hex(9) as Txid])), false)
    assert.equal(read.prune(at(500), new Set([incident(2)]), new Set()), true)
    assert.equal(read.bumps.length, 3)
    assert.equal(read.splits.length, 0)
    assert.equal(read.prune(at(500), new Set(), new Set()), true)
    assert.equal(read.bumps.length, 2)
    assert.equal(read.prune(at(500), new Set(), new Set()), false)
  })

  it('keeps the dearest of many bumps of one coin, and the last ones', () => {
    const ledger = new Ledger(BUDGET)
    ledger.addBump(bump(1, 90_000))
    for (let i = 0; i < 400; i++) ledger.addBump(bump(1, 1_000 + i))
    const last = bump(1, 2)
    ledger.addBump(last)
    assert.equal(ledger.spentInWindow(at(500)), 90_000n)
    assert.deepEqual(ledger.last(incident(1), coinOf(1)), last)
    assert.equal(ledger.takesBumps, true)
    for (let n = 2; n < 260; n++) ledger.addBump(bump(n, 0))
    assert.equal(ledger.takesBumps, false)
  })

  it('takes bumps where it is full of splits, and splits where it is full of bumps', () => {
    const ledger = new Ledger(BUDGET)
    for (let n = 0; n < 64; n++) ledger.addSplit({ txid: hex(n) as Txid, cost: sats(1), height: at(500) })
    assert.deepEqual([ledger.takesBumps, ledger.takesSplits], [true, false])
    const other = new Ledger(BUDGET)
    for (let n = 1; n < 257; n++) other.addBump(bump(n, 0))
    assert.deepEqual([other.takesBumps, other.takesSplits], [false, true])
  })

  it('takes back the last of what was sent twice alike', () => {
    const ledger = new Ledger(BUDGET)
    const twice = bump(1, 50_000)
    ledger.addBump(twice)
    ledger.addBump(twice)
    ledger.drop(twice.spender)
    assert.equal(ledger.spentInWindow(at(500)), 50_000n)
    ledger.drop(twice.spender)
    assert.equal(ledger.spentInWindow(at(500)), 0n)
  })

  it('takes back what was refused', () => {
    const ledger = new Ledger(BUDGET)
    const refused = bump(1, 90_000)
    ledger.addBump(bump(1, 10_000))
    ledger.addBump(refused)
    ledger.drop(refused.spender)
    assert.equal(ledger.spentInWindow(at(500)), 10_000n)
  })

  it('refuses a row that it cannot read: nobody would know what was spent', async () => {
    const store = new StoredRows()
    const { key } = new Ledger(BUDGET).rider()
    for (const value of [Uint8Array.of(), Uint8Array.of(2, 0xa0), Uint8Array.of(1, 0xff)]) {
      await store.write([{ key, value }])
      await assert.rejects(Ledger.load(store, BUDGET), (error) => error instanceof StoreError && error.code === 'store-damaged')
    }
  })
})
