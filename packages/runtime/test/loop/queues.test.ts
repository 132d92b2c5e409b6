import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { type ClassLimits, INPUT_CLASSES, type InputClass, LOOP_LIMITS, type LoopLimits } from '../../src/index.ts'
import { ClassQueue, InputQueues, perClass } from '../../src/loop/queues.ts'
import { Ring } from '../../src/loop/ring.ts'
import { World } from '../support/world.ts'

const small: ClassLimits = { lane_queue: 3, lane_bytes: 100, lanes: 2, reserved: 2 }
const limits: LoopLimits = { turn_inputs: 8, turn_bytes: 1_000_000, classes: perClass(() => small) }

describe('Ring', () => {
  it('behaves as a bounded list', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(fc.boolean(), { maxLength: 200 }), (limit, pushes) => {
        const ring = new Ring<number>(limit)
        const list: number[] = []
        for (const [i, push] of pushes.entries()) {
          if (push) {
            assert.equal(ring.push(i), list.length < limit)
            if (list.length < limit) list.push(i)
          } else {
            assert.equal(ring.shift(), list.shift())
          }
          assert.equal(ring.length, list.length)
        }
      }),
    )
  })
})

describe('ClassQueue', () => {
  it('serves lanes in turns, each in its own order', () => {
    const queue = new ClassQueue<string>(small, () => 0)
    for (const item of ['a1', 'a2', 'a3', 'b1', 'b2']) queue.push(item.slice(0, 1), item)
    assert.deepEqual(Array.from({ length: 6 }, () => queue.shift()), ['a1', 'b1', 'a2', 'b2', 'a3', undefined])
  })

  it('refuses a full lane and leaves the others their room', () => {
    const queue = new ClassQueue<number>(small, () => 0)
    assert.deepEqual([1, 2, 3, 4].map((item) => queue.push('flood', item)), [true, true, true, false])
    assert.equal(queue.push('honest', 1), true)
    assert.equal(queue.length, 4)
  })

  it('refuses a lane too many while the others have something waiting, and forgets empty ones', () => {
    const queue = new ClassQueue<number>(small, () => 0)
    queue.push('a', 1)
    queue.push('b', 2)
    assert.equal(queue.push('c', 3), false)
    queue.shift()
    assert.equal(queue.push('c', 3), true)
    assert.equal(queue.push('a', 4), false)
    assert.deepEqual([queue.shift(), queue.shift(), queue.shift()], [2, 3, undefined])
  })

  it('bounds the bytes that wait in a lane, but takes one input of any size into an empty one', () => {
    const queue = new ClassQueue<number>(small, (bytes) => bytes)
    assert.deepEqual([60, 41, 40, 1].map((bytes) => queue.push('a', bytes)), [true, false, true, false])
    assert.equal(queue.push('b', 1_000), true)
    assert.equal(queue.push('b', 0), false)
    assert.deepEqual([queue.shift(), queue.shift()], [60, 1_000])
    assert.equal(queue.push('a', 60), true)
    assert.equal(queue.push('b', 1_000), true)
  })

  it('keeps its length and loses nothing that it took', () => {
    const actions = fc.array(fc.option(fc.nat(3)), { maxLength: 200 })
    fc.assert(
      fc.property(actions, (lanes) => {
        const queue = new ClassQueue<number>(small, () => 0)
        const taken: number[] = []
        const given: number[] = []
        for (const [i, lane] of lanes.entries()) {
          if (lane === null) {
            const item = queue.shift()
            if (item !== undefined) given.push(item)
          } else if (queue.push(lane, i)) {
            taken.push(i)
          }
          assert.equal(queue.length, taken.length - given.length)
          assert.ok(queue.length <= small.lane_queue * small.lanes)
        }
        while (queue.length > 0) given.push(queue.shift() ?? -1)
        assert.deepEqual(given.toSorted((a, b) => a - b), taken)
      }),
    )
  })
})

describe('InputQueues', () => {
  it('gives the places of a turn to the first classes, less what the later ones have reserved and use', () => {
    const queues = new InputQueues<number>(limits, () => 0)
    const fill = (name: InputClass, count: number) => {
      for (let i = 0; i < count; i++) assert.ok(queues.push(name, i % 2, i))
    }
    fill('chain', 6)
    assert.equal(queues.placesFor('chain', 8), 6)
    fill('frame', 6)
    assert.equal(queues.placesFor('chain', 8), 6)
    fill('other', 1)
    assert.equal(queues.placesFor('chain', 8), 5)
    assert.equal(queues.placesFor('outcome', 3), 0)
    assert.equal(queues.placesFor('frame', 3), 2)
    assert.equal(queues.placesFor('other', 1), 1)
  })
})

describe('Loop queues', () => {
  it('steps chain facts and outcomes before frames before the rest', () => {
    const world = new World()
    world.loop.offer({ kind: 'name', name: 'x' })
    world.loop.offer({ kind: 'frame', id: 1, peer: 1 })
    world.loop.offer({ kind: 'report' })
    world.loop.offer({ kind: 'fact', id: 1 })
    world.settle()
    assert.deepEqual(world.immediate, ['fact', 'report', 'frame', 'name'])
  })

  it('starves no class, however much waits before it', () => {
    const world = new World({ limits })
    for (let id = 0; id < 3; id++) world.loop.offer({ kind: 'fact', id })
    for (let id = 0; id < 3; id++) world.loop.offer({ kind: 'report' })
    for (let id = 0; id < 6; id++) world.loop.offer({ kind: 'frame', id, peer: id % 2 })
    world.loop.offer({ kind: 'name', name: 'x' })
    world.clock.runSoon()
    const first = world.loop.state.stepped.map(({ kind }) => kind)
    assert.deepEqual(first, ['fact', 'fact', 'fact', 'report', 'report', 'frame', 'frame', 'name'])
  })

  it('refuses and counts what has no room, and never for the flood of another', () => {
    const world = new World()
    const { lane_queue } = LOOP_LIMITS.classes.frame
    for (let id = 0; id < lane_queue + 10; id++) {
      assert.equal(world.loop.offer({ kind: 'frame', id, peer: 'flood' }), id < lane_queue)
    }
    assert.equal(world.loop.offer({ kind: 'frame', id: 1, peer: 'honest' }), true)
    assert.equal(world.loop.offer({ kind: 'fact', id: 1 }), true)
    const { refused, queued } = world.loop.counters()
    assert.deepEqual(refused, { chain: 0, outcome: 0, frame: 10, request: 0, other: 0 })
    assert.deepEqual(queued, { chain: 1, outcome: 0, frame: lane_queue + 1, request: 0, other: 0 })
    world.clock.runSoon()
    assert.ok(world.loop.state.stepped.some((input) => input.kind === 'frame' && input.peer === 'honest'))
  })

  it('reserves no more than a turn has', () => {
    const reserved = INPUT_CLASSES.map((name) => LOOP_LIMITS.classes[name].reserved)
    assert.ok(reserved.reduce((a, b) => a + b) <= LOOP_LIMITS.turn_inputs)
  })
})
