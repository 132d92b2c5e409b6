import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { Random } from '../../src/world/index.ts'

const anySeed = fc.nat(0xffff_ffff)

describe('Random', () => {
  it('gives the same numbers for the same seed and stream, and others for another of either', () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const draw = (from: number, stream: string): number[] => {
          const random = new Random(from, stream)
          return Array.from({ length: 4 }, () => random.u32())
        }
        assert.deepEqual(draw(seed, 'network'), draw(seed, 'network'))
        assert.notDeepEqual(draw(seed, 'network'), draw(seed, 'disk'))
        assert.notDeepEqual(draw(seed, 'network'), draw((seed + 1) % 0x1_0000_0000, 'network'))
      }),
    )
  })

  it('keeps to its ranges and reaches their ends', () => {
    const random = new Random(7, 'ranges')
    const drawn = new Set(Array.from({ length: 1_000 }, () => random.int(3, 7)))
    assert.deepEqual(drawn, new Set([3, 4, 5, 6, 7]))
    for (let i = 0; i < 1_000; i++) {
      const value = random.between(2, 4)
      assert.ok(value >= 2 && value < 4)
    }
  })

  it('spreads its numbers evenly', () => {
    const random = new Random(1, 'even')
    const counts = Array.from({ length: 16 }, () => 0)
    for (let i = 0; i < 16_000; i++) {
      const drawn = random.u32() >>> 28
      counts[drawn] = (counts[drawn] ?? 0) + 1
    }
    // Five standard deviations of a thousand.
    for (const count of counts) assert.ok(Math.abs(count - 1_000) < 155, counts.join(' '))
  })

  it('samples without repeating', () => {
    fc.assert(
      fc.property(anySeed, fc.array(fc.nat(), { maxLength: 12 }), fc.nat(15), (seed, items, count) => {
        const unique = [...new Set(items)]
        const sample = new Random(seed, 'sample').sample(unique, count)
        assert.equal(sample.length, Math.min(count, unique.length))
        assert.equal(new Set(sample).size, sample.length)
        assert.ok(sample.every((item) => unique.includes(item)))
      }),
    )
  })

  it('has exponential gaps of the mean asked for', () => {
    const random = new Random(3, 'gaps')
    const mean = Array.from({ length: 20_000 }, () => random.exponential(50)).reduce((sum, gap) => sum + gap, 0) / 20_000
    assert.ok(mean > 47 && mean < 53, String(mean))
  })

  it('says that there is nothing to pick from', () => {
    assert.throws(() => new Random(1, 'none').pick([]), RangeError)
  })
})
