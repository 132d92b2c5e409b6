import assert from 'node:assert/strict'
import { concat } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import {
  FORMAT_VERSION,
  type LoadedLog,
  type LogEntry,
  RuntimeError,
  type RuntimeErrorCode,
  logIndex,
  restoreLog,
  withPreamble,
} from '../../src/index.ts'
import { toyCore } from '../support/toy-core.ts'
import { EMPTY_LOG, anyRecords, durableAfter, entriesOf, writerFor } from '../support/toy-log.ts'

const three = entriesOf([
  { record: 'added', amount: 1 },
  { record: 'added', amount: 2 },
  { record: 'named', name: 'x', value: 3 },
])

function refuses(code: RuntimeErrorCode, message: RegExp, log: LoadedLog): void {
  assert.throws(
    () => restoreLog(toyCore, log),
    (error) => {
      assert.ok(error instanceof RuntimeError)
      assert.equal(error.code, code)
      assert.match(error.message, message)
      assert.ok(error.remedy.length > 0)
      return true
    },
  )
}

const without = (index: number): readonly LogEntry[] => three.filter((entry) => entry.index !== index)
const withBytes = (index: number, bytes: Uint8Array): readonly LogEntry[] =>
  three.map((entry) => (entry.index === index ? { index: entry.index, bytes } : entry))

describe('restoreLog', () => {
  it('gives the fresh state for an empty log, whose header comes next', () => {
    const { durable, next_index } = restoreLog(toyCore, EMPTY_LOG)
    assert.deepEqual(durable, durableAfter([]))
    assert.equal(next_index, 0)
  })

  it('equals the durable state, wherever a snapshot was taken and records were cut off', () => {
    fc.assert(
      fc.property(anyRecords, anyRecords, (before, after) => {
        const writer = writerFor()
        for (const record of before) writer.add(record)
        writer.takeBatch()
        const snapshot = before.length === 0 ? null : writer.takeSnapshot(durableAfter(before))
        for (const record of after) writer.add(record)
        const entries = writer.takeBatch()

        const restored = restoreLog(toyCore, { snapshot, entries })
        assert.deepEqual(restored.durable, durableAfter([...before, ...after]))
        const written = before.length + after.length
        assert.equal(restored.next_index, written === 0 ? 0 : written + 1)
        assert.equal(restored.records_since_snapshot, after.length)
        assert.equal(restored.snapshot_bytes, snapshot?.bytes.length ?? 0)
      }),
    )
  })

  it('goes on counting where the log ends', () => {
    const writer = writerFor(restoreLog(toyCore, { snapshot: null, entries: three }))
    writer.add({ record: 'added', amount: 4 })
    assert.deepEqual(writer.takeBatch().map(({ index }) => index), [4])
  })

  describe('refuses', () => {
    it('a missing entry, wherever it is missing', () => {
      for (const index of [0, 1, 2]) refuses('log-gap', /belongs/, { snapshot: null, entries: without(index) })
    })

    it('entries that repeat, or that a snapshot should have replaced', () => {
      refuses('log-gap', /entry 1 where entry 2/, { snapshot: null, entries: three.flatMap((entry) => [entry, entry].slice(entry.index === 1 ? 0 : 1)) })
      const snapshot = { index: logIndex(2), bytes: writerWithSnapshot() }
      refuses('log-gap', /entry 0 where entry 3/, { snapshot, entries: three })
    })

    it('a snapshot whose next entry is not the one behind it', () => {
      const snapshot = { index: logIndex(1), bytes: writerWithSnapshot() }
      refuses('log-gap', /entry 3 where entry 2/, { snapshot, entries: three.slice(3) })
    })

    it('a log of a later version, in its header and in its snapshot, whatever stands behind the preamble', () => {
      const later = FORMAT_VERSION + 1
      const log = withPreamble(Uint8Array.of(1, 2, 3), later)
      const message = new RegExp(`format ${later}.*up to ${FORMAT_VERSION}`)
      refuses('log-newer', message, { snapshot: null, entries: withBytes(0, log) })
      refuses('log-newer', message, { snapshot: { index: logIndex(3), bytes: log }, entries: [] })
    })

    it('what is no log of ours', () => {
      for (const bytes of [new Uint8Array(0), new Uint8Array(14), withPreamble(new Uint8Array(0), 0)]) {
        refuses('log-foreign', /./, { snapshot: null, entries: withBytes(0, bytes) })
        refuses('log-foreign', /./, { snapshot: { index: logIndex(3), bytes }, entries: [] })
      }
    })

    it('a damaged header, record or snapshot instead of skipping it', () => {
      refuses('log-undecodable', /header/, { snapshot: null, entries: withBytes(0, withPreamble(Uint8Array.of(0))) })
      const record = three[2]?.bytes ?? assert.fail()
      for (const bytes of [new Uint8Array(0), record.subarray(1), record.subarray(0, -1), concat(record, record)]) {
        refuses('log-undecodable', /entry 2/, { snapshot: null, entries: withBytes(2, bytes) })
      }
      const snapshot = { index: logIndex(3), bytes: writerWithSnapshot().subarray(0, -1) }
      refuses('log-undecodable', /snapshot at 3/, { snapshot, entries: [] })
    })

    it('a record that cannot have followed those before it', () => {
      const entries = entriesOf([{ record: 'named', name: 'x', value: 1 }])
      refuses('log-contradictory', /entry 1/, { snapshot: null, entries })
    })

    it('garbage, with its own error only', () => {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 64 }),
        fc.uint8Array({ maxLength: 64 }).map((body) => withPreamble(body)),
        fc.tuple(fc.constantFrom(...three), fc.nat(200), fc.nat(255)).map(([entry, at, value]) => {
          const copy = entry.bytes.slice()
          copy[at % copy.length] = value
          return copy
        }),
      )
      const entry = fc.record({ index: fc.nat(5).map(logIndex), bytes })
      const anyLog = fc.record({
        snapshot: fc.option(entry),
        entries: fc.oneof(
          fc.array(entry, { maxLength: 5 }),
          bytes.map((changed) => withBytes(2, changed)),
        ),
      })
      fc.assert(
        fc.property(anyLog, (log) => {
          try {
            restoreLog(toyCore, log)
          } catch (error) {
            assert.ok(error instanceof RuntimeError, String(error))
          }
        }),
        { numRuns: 1000 },
      )
    })
  })
})

function writerWithSnapshot(): Uint8Array {
  return writerFor().takeSnapshot(durableAfter([{ record: 'added', amount: 3 }])).bytes
}
