import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { encodeFrame, FrameDecoder, FrameError } from '../../src/framing/frame.ts'

const MAX_BYTES = 300

function decodeAll(decoder: FrameDecoder, chunks: readonly Uint8Array[]): Uint8Array[] {
  return chunks.flatMap((chunk) => [...decoder.push(chunk)])
}

/** The bytes cut after the given lengths, over and over. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let offset = 0, i = 0; offset < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1
    chunks.push(bytes.slice(offset, offset + length))
    offset += length
  }
  return chunks
}

const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: MAX_BYTES }), { maxLength: 12 })
const cuts = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 })

describe('frames', () => {
  it('come out as they went in, however the stream is cut', () => {
    fc.assert(fc.property(frames, cuts, (sent, lengths) => {
      const wire = Buffer.concat(sent.map(encodeFrame))
      const decoder = new FrameDecoder(MAX_BYTES)
      const received = decodeAll(decoder, cut(new Uint8Array(wire), lengths))
      assert.deepEqual(received, sent.map((frame) => new Uint8Array(frame)))
      assert.equal(decoder.midFrame, false)
    }))
  })

  it('larger than the first buffer are put together whole', () => {
    const large = new Uint8Array(100_000).map((_, i) => i * 31)
    const decoder = new FrameDecoder(large.length)
    assert.deepEqual(decodeAll(decoder, cut(encodeFrame(large), [1, 5_000, 777])), [large])
  })

  it('do not share memory with the chunk they came in', () => {
    const wire = encodeFrame(Uint8Array.of(1, 2, 3))
    const [frame] = new FrameDecoder(MAX_BYTES).push(wire)
    wire.fill(0)
    assert.deepEqual(frame, Uint8Array.of(1, 2, 3))
  })

  it('of no bytes are refused', () => {
    const decoder = new FrameDecoder(MAX_BYTES)
    assert.throws(() => decodeAll(decoder, [new Uint8Array(4)]), { name: 'FrameError', code: 'frame-empty' })
  })

  it('over the limit are refused by their header, before any byte of them is kept', () => {
    const decoder = new FrameDecoder(MAX_BYTES, () => assert.fail('the length was accepted'))
    const header = Uint8Array.of(0, 0, 1, 45)
    assert.throws(() => decodeAll(decoder, [header]), { name: 'FrameError', code: 'frame-too-large' })
  })

  it('after a broken one are not read', () => {
    const decoder = new FrameDecoder(MAX_BYTES)
    const wire = Buffer.concat([new Uint8Array(4), encodeFrame(Uint8Array.of(7))])
    assert.throws(() => decodeAll(decoder, [wire]), FrameError)
    assert.throws(() => decodeAll(decoder, [encodeFrame(Uint8Array.of(7))]), { code: 'frame-empty' })
  })

  it('at the limit are accepted, and their length is heard first', () => {
    const lengths: number[] = []
    const decoder = new FrameDecoder(MAX_BYTES, (length) => lengths.push(length))
    assert.equal(decodeAll(decoder, [encodeFrame(new Uint8Array(MAX_BYTES))]).length, 1)
    assert.deepEqual(lengths, [MAX_BYTES])
  })

  it('that are cut short are noticed', () => {
    for (const length of [1, 4, 6]) {
      const decoder = new FrameDecoder(MAX_BYTES)
      assert.deepEqual(decodeAll(decoder, [encodeFrame(Uint8Array.of(1, 2, 3)).subarray(0, length)]), [])
      assert.equal(decoder.midFrame, true)
    }
  })

  it('made of anything at all give frames within the limit or a FrameError', () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 30 })
    fc.assert(fc.property(chunks, (garbage) => {
      try {
        for (const frame of decodeAll(new FrameDecoder(8), garbage)) assert.ok(frame.length >= 1 && frame.length <= 8)
      } catch (error) {
        assert.ok(error instanceof FrameError)
      }
    }), { numRuns: 2_000 })
  })
})
