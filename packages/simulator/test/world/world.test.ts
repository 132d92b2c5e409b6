import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { World } from '../../src/world/index.ts'

describe('World', () => {
  it('lets things happen in the order of their time, and of their asking where the time is the same', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (delays) => {
        const world = new World()
        const happened: { at_ms: number; asked: number }[] = []
        for (const [asked, delay] of delays.entries()) {
          world.after(delay, () => happened.push({ at_ms: world.now_ms, asked }))
        }
        while (world.next());
        const expected = delays
          .map((at_ms, asked) => ({ at_ms, asked }))
          .toSorted((a, b) => a.at_ms - b.at_ms || a.asked - b.asked)
        assert.deepEqual(happened, expected)
        assert.equal(world.events, delays.length)
        assert.equal(world.pending, 0)
      }),
    )
  })

  it('never goes back, whatever delay is asked for', () => {
    const world = new World()
    const times: number[] = []
    world.after(5, () => {
      world.after(-10, () => times.push(world.now_ms))
      world.after(0.4, () => times.push(world.now_ms))
    })
    while (world.next());
    assert.deepEqual(times, [5, 5])
  })
})
