import { record } from '../../src/index.ts'
import { fromCbor, toCbor } from '../../src/primitives/index.ts'
import { isFuzzed, judgesAsCborg, readsBack } from '../messages/codec.ts'
import { RECORDS, anyRecord } from './arbitraries.ts'

describe('a record of the log', () => {
  for (const [name, any] of Object.entries(RECORDS)) {
    it(`${name} is read back as it was written`, () => readsBack(record, any, 40))
  }

  const bytes = anyRecord.map((one) => toCbor(record, one))

  it('is judged as cborg judges it', () => judgesAsCborg(record, bytes, 1_500))

  it('answers other bytes with its own error', () => {
    isFuzzed(
      (given) => fromCbor(record, given),
      (one) => toCbor(record, one),
      bytes,
      1_000,
    )
  })
})
