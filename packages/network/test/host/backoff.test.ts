import assert from 'node:assert/strict'
import { backoff_ms } from '../../src/host/backoff.ts'

describe('the wait before a redial', () => {
  it('doubles with each failure, to a maximum', () => {
    const waits = [0, 1, 2, 3, 8, 1_000].map((failures) => backoff_ms(failures, 100, 15_000, () => 0.5))
    assert.deepEqual(waits, [100, 200, 400, 800, 15_000, 15_000])
  })

  it('is spread over half to one and a half times that', () => {
    assert.equal(backoff_ms(1, 100, 15_000, () => 0), 100)
    assert.ok(backoff_ms(1, 100, 15_000, () => 0.999) < 300)
  })
})
