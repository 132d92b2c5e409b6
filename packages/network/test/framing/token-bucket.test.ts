import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { TokenBucket } from '../../src/framing/token-bucket.ts'

describe('a token bucket', () => {
  it('gives its burst at once and then no more than its rate', () => {
    const steps = fc.array(fc.record({ cost: fc.nat(50), after_ms: fc.nat(500) }), { maxLength: 200 })
    fc.assert(fc.property(steps, (requests) => {
      const bucket = new TokenBucket(100, 40, 0)
      let now_ms = 0
      let taken = 0
      for (const { cost, after_ms } of requests) {
        now_ms += after_ms
        if (bucket.take(cost, now_ms)) taken += cost
        assert.ok(taken <= 40 + (now_ms / 1000) * 100 + 1e-6)
      }
    }))
  })

  it('tells how long it takes to refill', () => {
    const bucket = new TokenBucket(100, 50, 0)
    assert.equal(bucket.wait_ms(50, 0), 0)
    assert.ok(bucket.take(50, 0))
    assert.equal(bucket.wait_ms(10, 0), 100)
    assert.equal(bucket.take(10, 99), false)
    assert.equal(bucket.take(10, 101), true)
  })

  it('lends up to one burst', () => {
    const bucket = new TokenBucket(100, 50, 0)
    assert.deepEqual([30, 30, 30, 30, 30].map((cost) => bucket.overdraw(cost, 0)), [true, true, true, true, false])
    assert.equal(bucket.wait_ms(0, 0), 700)
  })

  it('waits for a burst when asked for more', () => {
    const bucket = new TokenBucket(100, 50, 0)
    bucket.take(50, 0)
    assert.equal(bucket.wait_ms(1_000, 0), 500)
  })
})
