import { concat } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'

/** Places are parts of the whole, so that one change fits bytes of any length. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const at = (bytes: Uint8Array, part: number): number => Math.floor(bytes.length * part)

/** What makes counts and lengths wrong. */
const telling = fc.constantFrom(
  [0], [1], [0xfc], [0xfd], [0xfe], [0xff], [0xfd, 0xfc, 0], [0xfd, 0xff, 0xff], [0xfe, 0xff, 0xff, 0, 0],
  [0xfe, 0, 0, 0, 2], [0xfe, 1, 0, 0, 2], [0xfe, 0xff, 0xff, 0xff, 0xff], [0xff, 1, 0, 0, 0, 0, 0, 0, 0], [0xff, 0, 0, 0, 0, 1, 0, 0, 0],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
)

type Change = (bytes: Uint8Array) => Uint8Array

function splice(part: number, removed: number, put: ArrayLike<number>): Change {
  return (bytes) => spliced(bytes, at(bytes, part), removed, put)
}

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(place, fc.nat(255)).map(([part, value]) => splice(part, 1, [value])),
  fc.tuple(place, telling).map(([part, values]) => splice(part, values.length, values)),
  fc.tuple(place, telling).map(([part, values]) => splice(part, 0, values)),
  fc.tuple(place, fc.nat(80)).map(([part, length]) => splice(part, length, [])),
  place.map((part): Change => (bytes) => bytes.slice(0, at(bytes, part))),
  fc.tuple(place, place, fc.nat(200)).map(([from, to, length]): Change => (bytes) => {
    const start = at(bytes, from)
    return spliced(bytes, at(bytes, to), 0, bytes.subarray(start, start + length))
  }),
)

export const changes: fc.Arbitrary<Change> = fc
  .array(change, { minLength: 1, maxLength: 4 })
  .map((all): Change => (bytes) => all.reduce((changed, one) => one(changed), bytes))

function spliced(bytes: Uint8Array, from: number, removed: number, put: ArrayLike<number>): Uint8Array {
  return concat(bytes.subarray(0, from), Uint8Array.from(put), bytes.subarray(from + removed))
}
