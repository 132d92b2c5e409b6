import assert from 'node:assert/strict'
import type { Millis } from '../../src/primitives/index.ts'
import { Countdown } from '../../src/state/countdown.ts'

const at = (ms: number) => (1_000 + ms) as Millis

describe('a countdown', () => {
  it('hands out what is due, each once, and says when the next is', () => {
    const countdown = new Countdown<string>(50, 10)
    assert.equal(countdown.next_at, Infinity)
    countdown.start('a', at(0))
    countdown.start('b', at(10))
    countdown.start('a', at(40))
    assert.equal(countdown.next_at, at(50))
    assert.deepEqual(countdown.take(at(49)), [])
    assert.deepEqual(countdown.take(at(50)), ['a'])
    assert.equal(countdown.next_at, at(60))
    assert.deepEqual(countdown.take(at(1_000)), ['b'])
    assert.deepEqual(countdown.take(at(1_000)), [])
    assert.equal(countdown.size, 0)
  })

  it('is over for whatever a clock set back would make wait longer', () => {
    const countdown = new Countdown<string>(50, 10)
    countdown.start('a', at(500))
    assert.deepEqual(countdown.take(at(0)), ['a'])
  })

  it('holds no more than its limit', () => {
    const countdown = new Countdown<number>(50, 3)
    for (let key = 0; key < 5; key++) countdown.start(key, at(key))
    assert.deepEqual(countdown.take(at(1_000)), [2, 3, 4])
  })
})
