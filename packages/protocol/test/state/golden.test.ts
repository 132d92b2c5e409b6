import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { record } from '../../src/index.ts'
import { fromCbor, fromHex, toCbor, toHex } from '../../src/primitives/index.ts'
import { RECORDS } from './arbitraries.ts'
import { goldenRecords } from './golden/samples.ts'

const golden = JSON.parse(readFileSync(new URL('golden/records.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>

describe('a golden record', () => {
  for (const [name, hex] of Object.entries(goldenRecords())) {
    it(`${name} is written today as it was when it was committed`, () => assert.equal(hex, golden[name]))
  }

  it('is there for every kind of record, and is read as it was', () => {
    const kinds = new Set<string>()
    for (const hex of Object.values(golden)) {
      const value = fromCbor(record, fromHex(hex))
      assert.equal(toHex(toCbor(record, value)), hex)
      kinds.add(value.record)
    }
    assert.deepEqual([...kinds].toSorted(), Object.keys(RECORDS).toSorted())
  })
})
