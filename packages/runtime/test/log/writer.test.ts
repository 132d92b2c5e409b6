import assert from 'node:assert/strict'
import { InvariantError, s, toHex } from '@belfry/protocol/primitives'
import { FORMAT_VERSION, LogWriter, MAX_ENTRY_BYTES, type SnapshotRule, restoreLog } from '../../src/index.ts'
import { toyCore } from '../support/toy-core.ts'
import { EMPTY_LOG, durableAfter, entriesOf, writerFor } from '../support/toy-log.ts'

const added = { record: 'added', amount: 1 } as const

function writerWith(rule: SnapshotRule): ReturnType<typeof writerFor> {
  return new LogWriter(restoreLog(toyCore, EMPTY_LOG), toyCore, rule)
}

describe('LogWriter', () => {
  it('writes the same bytes as ever', () => {
    assert.equal(FORMAT_VERSION, 1)
    const writer = writerFor()
    writer.add(added)
    assert.deepEqual(writer.takeBatch().map(({ index, bytes }) => [index, toHex(bytes)]), [
      [0, '62656c6672792d6c6f6700000001'],
      [1, 'a266616d6f756e7401667265636f7264656164646564'],
    ])
    const { index, bytes } = writer.takeSnapshot(durableAfter([added]))
    assert.equal(index, 1)
    assert.equal(toHex(bytes), '62656c6672792d6c6f6700000001a3656e616d65738065746f74616c01677265636f72647301')
  })

  it('gives each entry once', () => {
    const writer = writerFor()
    assert.deepEqual(writer.takeBatch(), [])
    writer.add(added)
    assert.equal(writer.takeBatch().length, 2)
    assert.equal(writer.batch_bytes, 0)
    assert.deepEqual(writer.takeBatch(), [])
  })

  it('finds a snapshot due after so many records', () => {
    const writer = writerWith({ every_records: 3, every_bytes: 1_000_000 })
    for (const due of [false, false, true]) {
      writer.add(added)
      assert.equal(writer.snapshot_due, due)
    }
    writer.takeBatch()
    writer.takeSnapshot(durableAfter([]))
    assert.equal(writer.snapshot_due, false)
  })

  it('finds a snapshot due after so many bytes, but not before the records have grown to the size of the last', () => {
    const writer = writerWith({ every_records: 1_000_000, every_bytes: 40 })
    writer.add(added)
    assert.equal(writer.snapshot_due, false)
    writer.add(added)
    assert.equal(writer.snapshot_due, true)
    writer.takeBatch()
    const names = new Map(Array.from({ length: 20 }, (_, i) => [`name ${i}`, i] as const))
    const { bytes } = writer.takeSnapshot({ total: 0, records: 0, names })
    const [, entry] = entriesOf([added])
    const needed = Math.ceil(bytes.length / (entry?.bytes.length ?? 0))
    assert.ok(needed > 2)
    for (let i = 1; i <= needed; i++) {
      assert.equal(writer.snapshot_due, false)
      writer.add(added)
    }
    assert.equal(writer.snapshot_due, true)
  })

  it('remembers across a restart what was written since the last snapshot', () => {
    const log = restoreLog(toyCore, { snapshot: null, entries: entriesOf([added, added]) })
    const writer = new LogWriter(log, toyCore, { every_records: 3, every_bytes: 1_000_000 })
    assert.equal(writer.snapshot_due, false)
    writer.add(added)
    assert.equal(writer.snapshot_due, true)
    const bytes = 14 + 3 * 22
    for (const [every_bytes, due] of [[bytes, true], [bytes + 1, false]] as const) {
      const by_bytes = new LogWriter(log, toyCore, { every_records: 1_000, every_bytes })
      by_bytes.add(added)
      assert.equal(by_bytes.snapshot_due, due)
    }
  })

  it('refuses to lose entries in a snapshot, and a record that it could not read again', () => {
    const writer = writerFor()
    writer.add(added)
    assert.throws(() => writer.takeSnapshot(durableAfter([added])), InvariantError)
    const blob = s.blob(MAX_ENTRY_BYTES)
    const log = restoreLog(toyCore, EMPTY_LOG)
    const large = new LogWriter<Uint8Array, Uint8Array>(log, { record: blob, snapshot: blob })
    assert.throws(() => large.add(new Uint8Array(MAX_ENTRY_BYTES)), InvariantError)
  })
})
