import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { combineShares, MAX_SHARES, randomKey, SHARE_BYTES, SecretBytes, splitKey } from '@belfry/keystore'
import { rejectsCode, reveal } from '../assertions.ts'

const splittings = fc.integer({ min: 2, max: 12 }).chain((count) => fc.record({
  count: fc.constant(count),
  threshold: fc.integer({ min: 2, max: count }),
  order: fc.shuffledSubarray(Array.from({ length: count }, (_, i) => i), { minLength: count }),
}))

function pick(shares: readonly SecretBytes[], order: readonly number[], count: number): SecretBytes[] {
  return order.slice(0, count).flatMap((place) => shares[place] ?? [])
}

function withX(share: SecretBytes, x: number): SecretBytes {
  return SecretBytes.allocate(SHARE_BYTES, (view) => {
    share.use((bytes) => view.set(bytes))
    view[32] = x
  })
}

describe('shares', () => {
  it('rebuild the key from any that reach the threshold', async () => {
    await fc.assert(fc.asyncProperty(splittings, async ({ count, threshold, order }) => {
      using key = randomKey()
      const shares = await splitKey(key, { count, threshold })
      assert.equal(shares.length, count)
      assert.ok((await combineShares(pick(shares, order, threshold))).equals(key), 'exactly the threshold')
      assert.ok((await combineShares(pick(shares, order, count))).equals(key), 'all')
      assert.equal(key.wiped, false)
    }), { numRuns: 40 })
  })

  it('give another key where one is missing or altered, without an error', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 3, max: 8 }), fc.nat(31), async (threshold, at) => {
      const key = randomKey()
      const shares = await splitKey(key, { count: threshold, threshold })
      assert.ok(!(await combineShares(shares.slice(1))).equals(key))
      shares[0]?.use((view) => { view[at] = (view[at] ?? 0) ^ 1 })
      assert.ok(!(await combineShares(shares)).equals(key))
    }), { numRuns: 20 })
  })

  it('have 33 bytes, and in the last an x of their own that is not zero', async () => {
    const shares = await splitKey(randomKey(), { count: MAX_SHARES, threshold: 33 })
    assert.equal(shares.length, MAX_SHARES)
    assert.ok(shares.every(({ length }) => length === SHARE_BYTES))
    const coordinates = new Set(shares.map((share) => reveal(share).slice(64)))
    assert.equal(coordinates.size, MAX_SHARES)
    assert.ok(!coordinates.has('00'))
  })

  it('differ between two splits of one key', async () => {
    const key = randomKey()
    const first = await splitKey(key, { count: 3, threshold: 2 })
    const second = await splitKey(key, { count: 3, threshold: 2 })
    const bodies = [...first, ...second].map((share) => reveal(share).slice(0, 64))
    assert.equal(new Set(bodies).size, 6)
  })

  it('are refused for a threshold or number out of range', async () => {
    const wrong = [[1, 3], [4, 3], [2, MAX_SHARES + 1], [0, 0], [2.5, 3], [2, Number.NaN]] as const
    for (const [threshold, count] of wrong) {
      await rejectsCode('bad-threshold', () => splitKey(randomKey(), { threshold, count }))
    }
  })

  it('are made of keys of 32 bytes only', async () => {
    for (const length of [0, 31, 33]) {
      await rejectsCode('bad-key-length', () => splitKey(SecretBytes.random(length), { threshold: 2, count: 3 }))
    }
  })

  it('are refused when too few, too many, of a wrong length, with equal x or x zero', async () => {
    const [a, b] = await splitKey(randomKey(), { count: 2, threshold: 2 })
    assert.ok(a && b)
    await rejectsCode('bad-shares', () => combineShares([]))
    await rejectsCode('bad-shares', () => combineShares([a]))
    await rejectsCode('bad-shares', () => combineShares(Array.from({ length: MAX_SHARES + 1 }, () => a)))
    await rejectsCode('bad-shares', () => combineShares([a, SecretBytes.random(32)]))
    await rejectsCode('bad-shares', () => combineShares([a, a]))
    await rejectsCode('bad-shares', () => combineShares([a, withX(b, 0)]))
  })

  it('cannot be combined or split after a wipe', async () => {
    const key = randomKey()
    const shares = await splitKey(key, { count: 2, threshold: 2 })
    shares[0]?.wipe()
    key.wipe()
    await rejectsCode('secret-wiped', () => combineShares(shares))
    await rejectsCode('secret-wiped', () => splitKey(key, { count: 2, threshold: 2 }))
  })
})
