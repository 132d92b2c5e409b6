import assert from 'node:assert/strict'
import { array, assert as check, double, property } from 'fast-check'
import { summarise } from '../statistics.ts'

describe('the summary of samples', () => {
  it('takes the middle sample of an odd number, and the mean of the two in the middle of an even one', () => {
    assert.equal(summarise([9, 1, 2]).median, 2)
    assert.equal(summarise([4, 1, 2, 100]).median, 3)
    assert.deepEqual(summarise([7]), { n: 1, median: 7, p99: 7 })
  })

  it('takes the largest of up to a hundred samples for the p99, and leaves out one of each further hundred', () => {
    const upTo = (n: number) => Array.from({ length: n }, (_, at) => at + 1)
    assert.equal(summarise(upTo(50)).p99, 50)
    assert.equal(summarise(upTo(100)).p99, 99)
    assert.equal(summarise(upTo(1_000)).p99, 990)
  })

  it('does not depend on the order, stays within the samples, and leaves them as they were', () => {
    const samples = array(double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 300 })
    check(property(samples, (some) => {
      const before = [...some]
      const { n, median, p99 } = summarise(some)
      assert.deepEqual(some, before)
      assert.equal(n, some.length)
      assert.ok(Math.min(...some) <= median && median <= p99 && p99 <= Math.max(...some))
      assert.deepEqual(summarise(some.toReversed()), { n, median, p99 })
    }))
  })

  it('refuses to summarise nothing, or what is no number', () => {
    assert.throws(() => summarise([]), RangeError)
    assert.throws(() => summarise([1, Number.NaN]), RangeError)
  })
})
