import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { outpointOf, parseTxid } from '@belfry/protocol/primitives'
import { MAX_INDEX } from '@belfry/vault'
import { WatchError } from '../../src/wallets/errors.ts'
import { MAX_WATCHES } from '../../src/wallets/limits.ts'
import { readWatches, removalOf, riderOf, watchOfRow } from '../../src/wallets/rows.ts'
import { type Watch, type WatchId, newWatch } from '../../src/wallets/watch.ts'
import { NOW, Rows, TPUB, height, watchOf } from './support.ts'

const plainRecord = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { noNullPrototype: true })
const heights = fc.nat(0xffff_ffff).map(height)
const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((all) => Buffer.from(all).toString('hex'))

const watches: fc.Arbitrary<Watch> = fc
  .record({
    network: fc.constantFrom('mainnet' as const, 'testnet4' as const, 'signet' as const, 'regtest' as const),
    source: fc.oneof(
      plainRecord({ kind: fc.constant('descriptor' as const), descriptor: fc.string({ minLength: 1, maxLength: 200 }) }),
      plainRecord({ kind: fc.constant('address' as const), address: fc.string({ minLength: 1, maxLength: 60 }) }),
      plainRecord({ kind: fc.constant('script' as const), script: fc.uint8Array({ minLength: 1, maxLength: 100 }) }),
      plainRecord({ kind: fc.constant('outpoint' as const), outpoint: hex(32).map((txid) => outpointOf(parseTxid(txid), 7)) }),
    ),
    label: fc.string({ maxLength: 64 }),
    gap_limit: fc.nat(1_000),
    birth_height: fc.option(heights),
    branches: fc.nat(16),
  })
  .chain((fields) =>
    fc.record({
      next_index: fc.array(fc.nat(MAX_INDEX), { maxLength: 16 }),
      scan: fc.oneof(
        fc.constant({ state: 'waiting' as const }),
        plainRecord({ state: fc.constant('running' as const), next: heights, until: heights }),
        plainRecord({ state: fc.constant('done' as const), until: heights }),
      ),
      unseen_below: fc.option(heights),
    }).map((state): Watch => Object.assign(newWatch({ ...fields, added_at_ms: NOW }), state)),
  )

describe('rows of what is watched', () => {
  it('give back what was written', () => {
    fc.assert(
      fc.property(watches, (watch) => {
        const { key, value } = riderOf(watch)
        assert.ok(value)
        assert.deepEqual(watchOfRow(key, value), watch)
      }),
    )
  })

  it('are refused by their own error, whatever bytes they hold', () => {
    const changed = fc.tuple(watches, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([watch, at, flip]) => {
      const value = riderOf(watch).value?.slice() ?? new Uint8Array()
      value[at % value.length] = (value[at % value.length] ?? 0) ^ flip
      return value
    })
    const { key } = removalOf('00'.repeat(8) as WatchId)
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 60 })), (value) => {
        try {
          watchOfRow(key, value)
        } catch (error) {
          assert.ok(error instanceof WatchError && error.code === 'watch-unreadable', String(error))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('of a later version say so', async () => {
    const { key, value } = riderOf(await watchOf(`wpkh(${TPUB}/*)`))
    assert.ok(value)
    value[0] = 2
    assert.throws(() => watchOfRow(key, value), /later version/)
    assert.throws(() => watchOfRow(key.subarray(1), value), WatchError)
  })

  it('are read in the order of the ids, and are gone when removed', async () => {
    const disk = new Rows()
    const all = await Promise.all([0, 1, 2, 3].map((branch) => watchOf(`wpkh(${TPUB}/${branch}/*)`)))
    disk.write(all.map(riderOf))
    const sorted = all.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    assert.deepEqual(await readWatches(disk), sorted)
    const [first, ...others] = sorted
    assert.ok(first)
    disk.write([removalOf(first.id)])
    assert.deepEqual(await readWatches(disk), others)
  })

  it('are not read beyond the limit', async () => {
    const row = riderOf(await watchOf(`wpkh(${TPUB}/*)`))
    async function* endless() {
      for (;;) yield { key: row.key, value: row.value ?? assert.fail() }
    }
    await assert.rejects(readWatches({ rows: endless }), { code: 'too-many-watches' })
    assert.equal(MAX_WATCHES, 1_000)
  })
})
