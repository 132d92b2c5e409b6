import assert from 'node:assert/strict'
import type { DemoEvent } from '../../../src/demo/scene/events.ts'
import { Progress } from '../../../src/demo/scene/progress.ts'
import { line } from './stories.ts'

const MEMBERS = [{ index: 1 }, { index: 2 }]
const THEFT: DemoEvent = { event: 'theft-submitted', at_ms: 1_000, txid: 'u', sat_vb: 2, bitcoind: 1 }
const CLAWBACK = { txid: 'k', sat_vb: 10 }

function after(...events: readonly DemoEvent[]): Progress {
  const progress = new Progress()
  for (const event of events) progress.take(event)
  return progress
}

describe('the progress of the demo', () => {
  it('is a clawback once every member\'s own chain holds the same one', () => {
    const one = after(THEFT, line(5_000, 1, 'recovery-confirmed', CLAWBACK))
    assert.equal(one.clawbackAt(MEMBERS), null)
    one.take(line(5_001, 2, 'recovery-confirmed', CLAWBACK))
    assert.deepEqual(one.clawbackAt(MEMBERS), CLAWBACK)
    one.take(line(5_002, 2, 'recovery-unconfirmed', CLAWBACK))
    assert.equal(one.clawbackAt(MEMBERS), null)
    one.take(line(5_003, 2, 'recovery-confirmed', { txid: 'another', sat_vb: 50 }))
    assert.equal(one.clawbackAt(MEMBERS), null)
  })

  it('has no clawback where nobody is left to say so', () => {
    assert.equal(after(THEFT).clawbackAt([]), null)
  })

  it('measures from the theft, and from its first sight, to the first bitcoind that took the clawback', () => {
    const progress = after(
      THEFT, line(1_200, 1, 'trigger-seen'), line(1_900, 2, 'trigger-seen'), line(4_000, 1, 'trigger-confirmed'),
      line(4_100, 2, 'broadcast', CLAWBACK), line(4_150, 1, 'recovery-seen', CLAWBACK), line(6_000, 1, 'recovery-confirmed', CLAWBACK),
    )
    assert.equal(progress.theft_to_clawback_ms, 3_100)
    assert.equal(progress.first_seen_to_clawback_ms, 2_900)
  })

  it('measures nothing without a clawback', () => {
    const progress = after(THEFT, line(1_200, 1, 'trigger-seen'))
    assert.equal(progress.theft_to_clawback_ms, null)
    assert.equal(progress.first_seen_to_clawback_ms, null)
  })

  it('counts each member\'s vote once, by whoever tells of it, and the blocks since the theft', () => {
    const block = (at_ms: number): DemoEvent => ({ event: 'block-mined', at_ms, height: 1, hash: '', bitcoind: 1 })
    const progress = after(
      block(900), THEFT, line(1_200, 1, 'voted', { member: 1 }), line(1_210, 2, 'vote-received', { member: 1 }),
      line(1_220, 2, 'vote-received', { member: 3 }), block(2_000), block(3_000),
    )
    assert.deepEqual([...progress.voters], [1, 3])
    assert.equal(progress.blocks, 2)
  })
})
