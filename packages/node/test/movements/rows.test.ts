import assert from 'node:assert/strict'
import { type BlockRef, MAX_TX_BYTES } from '@belfry/protocol'
import {
  type BlockHash, type Height, type Millis, type Outpoint, outpointOf, type Sats, sats, toHex, type Txid,
} from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import * as fc from 'fast-check'
import type { Movement, Payment } from '../../src/movements/index.ts'
import {
  type CoinRow, lastTold, MAX_SHARED, MAX_TOLD, readCoins, readTold, riderOfCoin, ToldLog,
} from '../../src/movements/rows.ts'
import { KEY_SPACES, StoreError } from '../../src/store/index.ts'
import { StoredRows } from './support/wallet-watcher.ts'

/** Plain objects, as decoding makes them. */
function record<T>(model: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true })
}

const hex32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex)
const txid = hex32.map((hex) => hex as Txid)
const outpoint: fc.Arbitrary<Outpoint> = fc
  .tuple(txid, fc.integer({ min: 0, max: 0xffff_ffff }))
  .map(([id, vout]) => outpointOf(id, vout))
const height = fc.nat(0x7fff_ffff).map((number) => number as Height)
const block: fc.Arbitrary<BlockRef> = record({ height, hash: hex32.map((hex) => hex as BlockHash) })
const value: fc.Arbitrary<Sats> = fc.bigInt(0n, 2_100_000_000_000_000n).map(sats)
const script = fc.uint8Array({ maxLength: 60 })

const coinRow: fc.Arbitrary<CoinRow> = record({
  mempool_txid: fc.option(txid),
  confirmed: fc.option(record({ txid, block })),
  listed: fc.boolean(),
  received: fc.option(record({ script, value })),
  followed: fc.option(record({
    txid,
    payments: fc.array(record({ vout: fc.nat(0xffff), script, value }), { maxLength: 4 }),
  })),
})

const place = record({ watch: fc.constantFrom('w1', 'w22'), branch: fc.nat(1), index: fc.nat(0x7fff_ffff) })
const payment: fc.Arbitrary<Payment> = record({ outpoint, script, value, watches: fc.array(place, { maxLength: 3 }) })
const spent = { outpoint, coin: fc.option(record({ script, value, watches: fc.array(place, { maxLength: 2 }) })) }
/** Few transactions, so that some follow one another; one has one sort of bytes. */
const evidence = fc.constantFrom(1, 2, 3).map((number) => ({
  txid: toHex(new Uint8Array(32).fill(number)) as Txid,
  raw: new Uint8Array(number * 7).fill(number),
}))
const position = fc.nat(1_000_000)
type Tx = { readonly txid: Txid; readonly raw: Uint8Array }
type Spent = Pick<Extract<Movement, { event: 'spend-evicted' }>, 'outpoint' | 'coin'>
type Where = { readonly block: BlockRef; readonly position: number }

const payments = (paid: Payment, tx: Tx, where: Where): Movement[] => [
  { event: 'payment-seen', payment: paid, ...tx },
  { event: 'payment-replaced', payment: paid, ...tx },
  { event: 'payment-evicted', payment: paid },
  { event: 'payment-confirmed', payment: paid, ...tx, ...where },
  { event: 'payment-unconfirmed', payment: paid, block: where.block },
]
const spends = (one: Spent, tx: Tx, where: Where): Movement[] => [
  { event: 'spend-seen', ...one, ...tx },
  { event: 'spend-replaced', ...one, old_txid: tx.txid, ...tx },
  { event: 'spend-evicted', ...one, txid: tx.txid },
  { event: 'spend-confirmed', ...one, ...tx, ...where },
  { event: 'spend-unconfirmed', ...one, txid: tx.txid, block: where.block },
]
const where = record({ block, position })
const movement: fc.Arbitrary<Movement> = fc.oneof(
  fc.tuple(payment, evidence, where).chain((parts) => fc.constantFrom(...payments(...parts))),
  fc.tuple(record(spent), evidence, where).chain((parts) => fc.constantFrom(...spends(...parts))),
)

const NOW = 1_790_000_000_000 as Millis

function tell(log: ToldLog, told: readonly Movement[]): Rider[] {
  return told.flatMap((one) => log.add(one, NOW).riders)
}

function seen(number: number, raw = new Uint8Array(9).fill(number)): Movement {
  const id = number.toString(16).padStart(64, '0') as Txid
  const payment = { outpoint: outpointOf(id, 0), script: new Uint8Array(22), value: sats(1), watches: [] }
  return { event: 'payment-seen', payment, txid: id, raw }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const isDamage = (error: unknown): boolean => error instanceof StoreError && error.code === 'store-damaged'

describe("a coin's row", () => {
  it('gives back what it was made of', async () => {
    await fc.assert(fc.asyncProperty(outpoint, coinRow, async (one, row) => {
      const store = new StoredRows()
      await store.write([riderOfCoin(one, row)])
      assert.deepEqual(await collect(readCoins(store)), [{ outpoint: one, row }])
      await store.write([riderOfCoin(one, null)])
      assert.deepEqual(await collect(readCoins(store)), [])
    }))
  })
})

describe('the rows of what was told', () => {
  it('give it back in its order, each with its evidence, from any number on', async () => {
    const movements = fc.array(movement, { maxLength: 20 })
    await fc.assert(fc.asyncProperty(movements, fc.nat(22), fc.integer({ min: 1, max: 22 }), async (all, after, limit) => {
      const store = new StoredRows()
      await store.write(tell(new ToldLog(0), all))
      const told = all.map((one, i) => ({ seq: i + 1, at_ms: NOW, movement: one }))
      assert.deepEqual(await readTold(store, after, limit), told.slice(after, after + limit))
      assert.equal(await lastTold(store), all.length)
    }))
  })

  it('go on from the last number, whoever told it', async () => {
    const store = new StoredRows()
    await store.write(tell(new ToldLog(0), [seen(1), seen(2)]))
    await store.write(tell(new ToldLog(await lastTold(store)), [seen(2), seen(3)]))
    const told = await readTold(store, 0, 9)
    assert.deepEqual(told.map(({ seq, movement: one }) => [seq, 'raw' in one && one.raw[0]]), [[1, 1], [2, 2], [3, 2], [4, 3]])
  })

  it('hold the last that were told and no more, and the evidence of each', async () => {
    const store = new StoredRows()
    const log = new ToldLog(0)
    const count = MAX_TOLD + 3 * MAX_SHARED
    for (let i = 0; i < count; i++) await store.write(log.add(seen(1), NOW).riders)
    const told = await readTold(store, 0, count)
    assert.deepEqual([told.length, told.at(0)?.seq, told.at(-1)?.seq], [MAX_TOLD, count - MAX_TOLD + 1, count])
    assert.ok(told.every(({ movement: one }) => 'raw' in one && one.raw.length === 9))
    const copies = await collect(store.rows(Uint8Array.of(KEY_SPACES.payments, 2)))
    assert.ok(copies.length <= MAX_TOLD / MAX_SHARED + 2, `${copies.length} copies are kept`)
  })

  it('hold the longest transaction, and say of the bytes of one that is longer that they are not there', async () => {
    const store = new StoredRows()
    await store.write(tell(new ToldLog(0), [seen(1, new Uint8Array(MAX_TX_BYTES)), seen(2, new Uint8Array(0))]))
    const told = await readTold(store, 0, 9)
    assert.deepEqual(told.map(({ movement: one }) => 'raw' in one && one.raw.length), [MAX_TX_BYTES, 0])
  })
})

describe('damaged rows of movements', () => {
  async function stored(): Promise<{ readonly store: StoredRows; readonly riders: readonly Rider[] }> {
    const store = new StoredRows()
    const row: CoinRow = { mempool_txid: null, confirmed: null, listed: true, received: null, followed: null }
    const riders = [riderOfCoin(outpointOf('ab'.repeat(32) as Txid, 1), row), ...tell(new ToldLog(0), [seen(1)])]
    await store.write(riders)
    return { store, riders }
  }
  const readAll = async (store: StoredRows): Promise<void> => {
    await collect(readCoins(store))
    await lastTold(store)
    await readTold(store, 0, 9)
  }

  it('are refused by their name, whatever became of their bytes', async () => {
    const { riders } = await stored()
    const change = fc.integer({ min: 1, max: 255 })
    await fc.assert(fc.asyncProperty(fc.nat(riders.length - 1), fc.nat(), change, fc.boolean(), async (i, at, flip, isCut) => {
      const { store } = await stored()
      const { key, value } = riders[i] ?? assert.fail()
      assert.ok(value)
      const damaged = isCut ? value.slice(0, at % value.length) : value.slice()
      if (!isCut) damaged[at % value.length] = (damaged[at % value.length] ?? 0) ^ flip
      await store.write([{ key, value: damaged }])
      try {
        await readAll(store)
      } catch (error) {
        assert.ok(isDamage(error), String(error))
      }
    }))
  })

  it('are those of a later version, and those whose evidence is gone', async () => {
    const { store, riders } = await stored()
    for (const { key, value } of riders) {
      const later = value?.with(0, 2) ?? assert.fail()
      await store.write([{ key, value: later }])
      await assert.rejects(readAll(store), isDamage)
      await store.write([{ key, value }])
    }
    await readAll(store)
    for (const { key } of riders.filter((one) => one.key[1] === 2)) await store.write([{ key, value: null }])
    await assert.rejects(readAll(store), isDamage)
  })
})
