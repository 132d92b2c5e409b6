import assert from 'node:assert/strict'
import { Standing } from '../../src/gossip/standing.ts'

const MINUTE_MS = 60_000

describe("a member's standing", () => {
  it('is 0 without rejected messages', () => {
    assert.equal(new Standing(() => 0).scoreOf('a'), 0)
  })

  it('falls with each rejected message of its own, and comes back with time', () => {
    let now_ms = 0
    const standing = new Standing(() => now_ms)
    for (let i = 0; i < 4; i++) standing.rejected('a')
    assert.equal(standing.scoreOf('a'), -4)
    assert.equal(standing.scoreOf('b'), 0)
    now_ms = 5 * MINUTE_MS
    assert.equal(standing.scoreOf('a'), -2)
    now_ms = 30 * MINUTE_MS
    assert.equal(standing.scoreOf('a'), 0)
  })
})
