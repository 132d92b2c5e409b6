import assert from 'node:assert/strict'
import type { BlockRef } from '@belfry/protocol'
import { type BlockHash, fromHex, type Height, toHex } from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import * as fc from 'fast-check'
import { HeaderLog, type HeaderRow } from '../../../src/chain/follower/header-log.ts'
import { workOf } from '../../../src/chain/follower/work.ts'
import { readBlock } from '../../../src/chain/serial/index.ts'

const REGTEST_BITS = 0x207f_ffff

/** A header on another; the salt makes it one of many. */
function headerOn(previous: BlockHash, salt: number): Uint8Array {
  const header = new Uint8Array(80)
  header.set(fromHex(previous).toReversed(), 4)
  const view = new DataView(header.buffer)
  view.setUint32(68, salt, true)
  view.setUint32(72, REGTEST_BITS, true)
  return header
}

const GENESIS = '00'.repeat(32) as BlockHash

/** A log, and the rows that a store would hold by now. */
class Logged {
  readonly log: HeaderLog
  readonly rows = new Map<string, Uint8Array>()
  tip: BlockRef = { height: 100 as Height, hash: GENESIS }
  private salt = 0

  constructor(limit?: number) {
    this.log = new HeaderLog(limit)
  }

  connect(): BlockRef {
    const header = headerOn(this.tip.hash, this.salt++)
    this.tip = { height: this.tip.height + 1 as Height, hash: readBlock(header).hash }
    this.write(this.log.connected(this.tip, header))
    return this.tip
  }

  disconnect(): void {
    const { previous } = this.log.tip ?? assert.fail()
    this.write(this.log.disconnected(this.tip))
    this.tip = { height: this.tip.height - 1 as Height, hash: previous }
  }

  stored(): HeaderRow[] {
    return [...this.rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key: fromHex(key), value }))
  }

  private write(riders: readonly Rider[]): void {
    for (const { key, value } of riders) {
      if (value === null) this.rows.delete(toHex(key))
      else this.rows.set(toHex(key), value)
    }
  }
}

describe('the header log', () => {
  it('is what its rows make of it, whatever was connected and disconnected', () => {
    fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (steps) => {
      const logged = new Logged()
      for (const connects of steps) {
        if (connects || logged.log.tip === null) logged.connect()
        else logged.disconnect()
      }
      const again = new HeaderLog()
      assert.equal(again.load(logged.stored(), logged.tip), null)
      assert.deepEqual(again.all(), logged.log.all())
      assert.deepEqual(again.tip?.hash ?? logged.tip.hash, logged.tip.hash)
      for (const header of again.all()) assert.deepEqual(again.at(header.height), header)
    }))
  })

  it('adds up the work of its blocks', () => {
    const logged = new Logged()
    for (let i = 0; i < 5; i++) logged.connect()
    assert.deepEqual(logged.log.all().map(({ work }) => work), [2n, 4n, 6n, 8n, 10n])
    logged.disconnect()
    logged.connect()
    assert.equal(logged.log.tip?.work, 10n)
  })

  it('says what does not join on to the position, and goes on without it', () => {
    const logged = new Logged()
    for (let i = 0; i < 10; i++) logged.connect()
    const rows = logged.stored().filter((_, i) => i !== 4)
    const again = new HeaderLog()
    assert.deepEqual(again.load(rows, logged.tip), { from: 101, to: 105 })
    assert.deepEqual(again.all().map(({ height }) => height), [106, 107, 108, 109, 110])
    const elsewhere = new HeaderLog()
    assert.deepEqual(elsewhere.load(rows, { height: 110 as Height, hash: GENESIS }), { from: 101, to: 110 })
    assert.deepEqual(elsewhere.all(), [])
  })

  it('leaves out what is above the position: its events were never stored', () => {
    const logged = new Logged()
    logged.connect()
    const position = logged.tip
    logged.connect()
    const again = new HeaderLog()
    assert.equal(again.load(logged.stored(), position), null)
    assert.equal(again.tip?.hash, position.hash)
  })

  it('keeps no more than its limit, in rows and in memory', () => {
    const logged = new Logged(4)
    for (let i = 0; i < 20; i++) {
      logged.connect()
      assert.ok(logged.rows.size <= 4)
    }
    assert.deepEqual(logged.log.all().map(({ height }) => height), [117, 118, 119, 120])
    assert.equal(logged.log.at(116), null)
    assert.equal(logged.log.at(120)?.hash, logged.tip.hash)
  })

  it('begins anew where it was begun elsewhere', () => {
    const logged = new Logged()
    for (let i = 0; i < 3; i++) logged.connect()
    logged.tip = { height: 200 as Height, hash: GENESIS }
    logged.connect()
    assert.deepEqual([logged.rows.size, logged.log.all().length], [1, 1])
  })

  it('refuses rows that it did not write', () => {
    const position = { height: 1 as Height, hash: GENESIS }
    assert.throws(() => new HeaderLog().load([{ key: Uint8Array.of(6), value: new Uint8Array(112) }], position), { code: 'malformed' })
  })
})

describe('the work of a block', () => {
  it('is what bitcoind reckons', () => {
    // Regtest; mainnet's first target; block 866342.
    assert.equal(workOf(REGTEST_BITS), 2n)
    assert.equal(workOf(0x1d00_ffff), 0x1_0001_0001n)
    assert.ok(workOf(0x1702_f128) > 2n ** 78n)
  })

  it('is none for a target that is negative, zero or too large', () => {
    for (const bits of [0, 0x0180_0001, 0x2300_ffff, 0x0100_0000]) assert.equal(workOf(bits), 0n)
  })
})
