import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { type Buckets, SENDER_BUDGET, forwarderBudget, hasRoom, spend } from '../../src/messages/budget.ts'
import type { Millis } from '../../src/primitives/index.ts'

const budget = { messages_burst: 10, messages_per_s: 2, bytes_burst: 1_000, bytes_per_s: 100 }
type Given = readonly [wait_ms: number, bytes: number]

const anyTraffic: fc.Arbitrary<Given[]> = fc.array(fc.tuple(fc.integer({ min: -500, max: 2_000 }), fc.nat(1_200)), {
  maxLength: 60,
})

describe('a budget', () => {
  it('lets through no more than its burst and its rate, over any time, though the clock be set back', () => {
    fc.assert(
      fc.property(anyTraffic, (traffic) => {
        const all = new Map<number, Buckets>()
        let now = 1_000_000
        let forwards = 0
        let [messages, bytes] = [0, 0]
        for (const [wait_ms, size] of traffic) {
          now += wait_ms
          forwards += Math.max(0, wait_ms)
          if (!spend(all, 1, 'urgent', budget, size, now as Millis)) continue
          messages += 1
          bytes += size
        }
        assert.ok(messages <= budget.messages_burst + (forwards / 1_000) * budget.messages_per_s + 1e-6)
        assert.ok(bytes <= budget.bytes_burst + (forwards / 1_000) * budget.bytes_per_s + 1e-6)
      }),
    )
  })

  it('says beforehand whether there is room, and takes nothing by saying so', () => {
    fc.assert(
      fc.property(anyTraffic, (traffic) => {
        const all = new Map<number, Buckets>()
        let now = 1_000_000
        for (const [wait_ms, size] of traffic) {
          now += Math.max(0, wait_ms)
          const said = hasRoom(all, 1, 'routine', budget, size, now as Millis)
          assert.equal(hasRoom(all, 1, 'routine', budget, size, now as Millis), said)
          assert.equal(spend(all, 1, 'routine', budget, size, now as Millis), said)
        }
      }),
    )
  })

  it('keeps one room from the other, and one peer from another', () => {
    const all = new Map<number, Buckets>()
    const now = 0 as Millis
    while (spend(all, 1, 'routine', budget, 1, now)) {
      /* until it is spent */
    }
    assert.ok(spend(all, 1, 'urgent', budget, 1, now))
    assert.ok(spend(all, 2, 'routine', budget, 1, now))
  })

  it('of a forwarder is that of all senders together', () => {
    for (const room of ['urgent', 'routine'] as const) {
      for (const members of [3, 64]) {
        const forwarder = forwarderBudget(room, members)
        for (const key of ['messages_burst', 'messages_per_s', 'bytes_burst', 'bytes_per_s'] as const) {
          assert.equal(forwarder[key], SENDER_BUDGET[room][key] * members)
        }
      }
    }
  })
})
