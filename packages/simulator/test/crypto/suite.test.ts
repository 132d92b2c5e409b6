import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { type CryptoSuite, fakeSuite, open, realSuite, seal } from '../../src/crypto/index.ts'
import { Random } from '../../src/world/index.ts'

/** What the core relies on, of the fake and of the real one alike. */
function describeSuite(name: string, create: () => CryptoSuite): void {
  describe(name, () => {
    it('verifies what was signed, and nothing else', () => {
      const suite = create()
      const random = new Random(1, 'keys')
      const [mine, other] = [suite.newKey(random), suite.newKey(random)]
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(63), (bytes, at) => {
          const signature = mine.sign(bytes)
          assert.equal(signature.length, 64)
          assert.ok(suite.verifyNode(mine.public, bytes, signature))
          assert.ok(!suite.verifyNode(other.public, bytes, signature))
          assert.ok(!suite.verifyNode(mine.public, Uint8Array.from([...bytes, 0]), signature))
          assert.ok(!suite.verifyNode(mine.public, bytes, signature.map((byte, i) => (i === at ? byte ^ 1 : byte))))
          assert.ok(!suite.verifyNode('00'.repeat(32), bytes, signature))
        }),
        { numRuns: 30 },
      )
    })

    it('makes the same keys and signatures from the same randomness', () => {
      const [a, b] = [create().newKey(new Random(1, 'keys')), create().newKey(new Random(1, 'keys'))]
      assert.equal(a.public, b.public)
      assert.deepEqual(a.sign(Uint8Array.of(1)), b.sign(Uint8Array.of(1)))
    })

    it('hashes to 32 bytes that differ for whatever differs', () => {
      const suite = create()
      const seen = new Set<string>()
      for (let length = 0; length < 200; length++) {
        for (const fill of [0, 1, 255]) seen.add(Buffer.from(suite.sha256(new Uint8Array(length).fill(fill))).toString('hex'))
      }
      // The empty input is one and the same.
      assert.equal(seen.size, 3 * 200 - 2)
      assert.equal(suite.sha256(new Uint8Array(5)).length, 32)
    })
  })
}

describeSuite('the fake crypto', fakeSuite)
describeSuite('the real crypto', realSuite)

describe('the fake sealing', () => {
  it('opens for the recipient and the context alone, and shows nothing of what is inside', () => {
    const suite = fakeSuite()
    const context = { recipient: 'ab'.repeat(32), info: Uint8Array.of(7) }
    const random = new Random(2, 'seal')
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 33, maxLength: 33 }), fc.nat(80), (share, at) => {
        const sealed = seal(suite, context, random.bytes(32), share)
        assert.equal(sealed.length, 81)
        assert.deepEqual(open(suite, context, sealed), share)
        assert.equal(open(suite, { ...context, recipient: 'cd'.repeat(32) }, sealed), null)
        assert.equal(open(suite, { ...context, info: Uint8Array.of(8) }, sealed), null)
        assert.equal(open(suite, context, sealed.map((byte, i) => (i === at ? byte ^ 1 : byte))), null)
        assert.equal(Buffer.from(sealed).indexOf(Buffer.from(share.subarray(0, 8))), -1)
      }),
    )
  })
})
