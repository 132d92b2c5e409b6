import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { toHex } from '@belfry/protocol/primitives'
import { createTxidHasher, type TxidHasher } from '../../../src/chain/hashing/index.ts'
import { Random } from '../../../src/chain/sample/index.ts'
import { MAX_SERIALISED_BYTES } from '../../../src/chain/serial/index.ts'
import { LAYOUT_WORDS, Layouts } from '../../../src/chain/serial/layouts.ts'

/** A transaction as the hasher sees it: bytes in three parts, and between them what the txid does not cover. */
interface Piece {
  readonly stripped: Uint8Array
  readonly hasWitness: boolean
}

const VERSION_BYTES = 4
const LOCKTIME_BYTES = 4

describe('hashing transactions', () => {
  const hasher = createTxidHasher()
  const random = new Random(21)

  it('gives node:crypto\'s hashes for every length around one, two and many blocks of 64 bytes, in any order', () => {
    const lengths = Array.from({ length: 400 }, (_, i) => 51 + i)
    check(lengths.map((length, i) => piece(length, i % 3 === 0)))
    check(lengths.toReversed().map((length, i) => piece(length, i % 2 === 0)))
    const anyLength = (): number => 51 + random.below(random.below(5) === 0 ? 3_000 : 200)
    check(Array.from({ length: 500 }, () => piece(anyLength(), random.below(2) === 0)))
  })

  for (const count of [1, 2, 3, 4, 5, 4_095, 4_096, 4_097, 9_000]) {
    it(`hashes ${count} of them, in as many batches as that takes`, () => {
      const batches = check(Array.from({ length: count }, () => piece(60 + random.below(20), random.below(2) === 0)))
      assert.equal(batches, Math.ceil(count / 4_096))
    })
  }

  it('hashes one that is as long as a block can be, beside short ones', () => {
    check([piece(60, true), piece(MAX_SERIALISED_BYTES - 400, false), piece(61, false)])
    check([piece(MAX_SERIALISED_BYTES, false)])
  })

  it('has nothing left of the block before', () => {
    check([piece(3_000, false), piece(70, true)])
    check([piece(60, true)])
    hasher.load(new Uint8Array(0), new Layouts(1))
    assert.equal(hasher.hashNext(), 0)
    assert.equal(createTxidHasher().hashNext(), 0)
  })

  it('takes no more memory, whatever it hashes', () => {
    const before = hasher.view.buffer
    check([piece(MAX_SERIALISED_BYTES, false)])
    assert.equal(hasher.view.buffer, before)
    assert.ok(before.byteLength < MAX_SERIALISED_BYTES + 512 * 1_024)
  })

  it('refuses more bytes than a block has', () => {
    const bytes = new Uint8Array(MAX_SERIALISED_BYTES + 1)
    assert.throws(() => hasher.load(bytes, new Layouts(1)), { name: 'InvariantError' })
  })

  function piece(length: number, hasWitness: boolean): Piece {
    const stripped = new Uint8Array(length)
    for (let i = 0; i < length; i += 1 + (i >> 6)) stripped[i] = random.below(256)
    return { stripped, hasWitness }
  }

  /** All of them, as one block. Says in how many batches. */
  function check(pieces: readonly Piece[]): number {
    const { bytes, layouts } = laidOut(pieces)
    hasher.load(bytes, layouts)
    let batches = 0
    let done = 0
    for (let count = hasher.hashNext(); count > 0; count = hasher.hashNext()) {
      hasher.hashTxids()
      batches += 1
      for (let i = 0; i < count; i++, done++) {
        const { stripped } = pieces[done] ?? assert.fail()
        const txid = sha256(sha256(stripped))
        assert.equal(hashAt(hasher, hasher.txidAt(i)), toHex(txid), `of ${stripped.length} bytes, number ${done}`)
        assert.equal(hashAt(hasher, hasher.hashedTxidAt(i)), toHex(sha256(txid)))
      }
    }
    assert.equal(done, pieces.length)
    return batches
  }
})

/** Behind the outputs, where there is a witness, are two bytes of it at least. */
function laidOut(pieces: readonly Piece[]): { bytes: Uint8Array; layouts: Layouts } {
  const layouts = new Layouts(1)
  const words = layouts.room(pieces.length)
  const parts: Uint8Array[] = []
  let at = 0
  for (const [i, { stripped, hasWitness }] of pieces.entries()) {
    const [version, rest] = [stripped.subarray(0, VERSION_BYTES), stripped.subarray(VERSION_BYTES, -LOCKTIME_BYTES)]
    const marker = hasWitness ? Uint8Array.of(0, 1) : new Uint8Array(0)
    const witness = hasWitness ? Uint8Array.of(1, 0) : new Uint8Array(0)
    const inputs = at + VERSION_BYTES + marker.length
    const outputsEnd = inputs + rest.length
    const end = outputsEnd + witness.length + LOCKTIME_BYTES
    words.set([at, inputs, outputsEnd, end], LAYOUT_WORDS * i)
    parts.push(version, marker, rest, witness, stripped.subarray(-LOCKTIME_BYTES))
    at = end
  }
  layouts.count = pieces.length
  return { bytes: Buffer.concat(parts), layouts }
}

function hashAt(hasher: TxidHasher, address: number): string {
  return toHex(new Uint8Array(hasher.view.buffer, address, 32))
}

function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}
