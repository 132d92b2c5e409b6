import assert from 'node:assert/strict'
import type { Millis } from '@belfry/protocol/primitives'
import { EPOCH_MS, MemberClock, World } from '../../src/world/index.ts'

function passTime(world: World, ms: number): void {
  const end = world.now_ms + ms
  world.after(ms, () => {})
  while (world.now_ms < end && world.next());
}

describe('MemberClock', () => {
  it('is wrong by its offset and goes wrong by its drift', () => {
    const world = new World()
    const clock = new MemberClock(world, { offset_ms: 500, drift_ppm: 100_000 })
    assert.equal(clock.now(), EPOCH_MS + 500)
    passTime(world, 1_000)
    assert.equal(clock.now(), EPOCH_MS + 500 + 1_100)
  })

  it('wakes once, at the last time that was asked for, by its own reckoning', () => {
    const world = new World()
    const clock = new MemberClock(world, { offset_ms: -40, drift_ppm: -50_000 })
    const woken: number[] = []
    const wake = (): void => {
      woken.push(clock.now())
    }
    clock.wakeAt((clock.now() + 50) as Millis, wake)
    clock.wakeAt((clock.now() + 1_000) as Millis, wake)
    passTime(world, 5_000)
    assert.equal(woken.length, 1)
    assert.ok((woken[0] ?? 0) >= EPOCH_MS - 40 + 1_000)
    clock.wakeAt((clock.now() + 10) as Millis, wake)
    clock.wakeAt(null, wake)
    passTime(world, 100)
    assert.equal(woken.length, 1)
  })

  it('never calls back from inside the call, even for a time that is past', () => {
    const world = new World()
    const clock = new MemberClock(world, { offset_ms: 0, drift_ppm: 0 })
    let calls = 0
    clock.wakeAt((clock.now() - 10) as Millis, () => calls++)
    clock.soon(() => calls++)
    assert.equal(calls, 0)
    while (world.next());
    assert.equal(calls, 2)
  })

  it('lets nothing happen after its end', () => {
    const world = new World()
    const clock = new MemberClock(world, { offset_ms: 0, drift_ppm: 0 })
    let calls = 0
    clock.soon(() => calls++)
    clock.after(5, () => calls++)
    clock.wakeAt((clock.now() + 5) as Millis, () => calls++)
    clock.end()
    while (world.next());
    assert.equal(calls, 0)
  })
})
