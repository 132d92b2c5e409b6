import assert from 'node:assert/strict'
import { OutpointHash } from '../../../src/chain/watch-set/outpoint-hash.ts'
import { randomWords } from '../../../src/chain/watch-set/keyed-hash.ts'

describe('the hash of an outpoint', () => {
  it('is another for each output of a transaction', () => {
    const hash = new OutpointHash(randomWords)
    const view = new DataView(new ArrayBuffer(36))
    view.setUint32(0, 0x1234_5678)
    const seen = new Set<number>()
    for (let vout = 0; vout < 100_000; vout++) {
      view.setUint32(32, vout, true)
      seen.add(hash.of(view, 0))
    }
    assert.equal(seen.size, 100_000)
  })

  it('is the same of the bytes and of the words, wherever they stand', () => {
    const hash = new OutpointHash(randomWords)
    const words = new Int32Array(12)
    crypto.getRandomValues(words)
    assert.equal(hash.of(new DataView(words.buffer), 12), hash.ofWords(words, 3))
  })

  it('cannot be told without its secrets', () => {
    const view = new DataView(new ArrayBuffer(36))
    const hashes = new Set(Array.from({ length: 20 }, () => new OutpointHash(randomWords).of(view, 0)))
    assert.ok(hashes.size > 15)
  })
})
