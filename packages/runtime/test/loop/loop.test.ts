import assert from 'node:assert/strict'
import type { Millis } from '@belfry/protocol/primitives'
import { LOOP_LIMITS, type LoopLimits } from '../../src/index.ts'
import { World } from '../support/world.ts'

const limits = (change: Partial<LoopLimits>): LoopLimits => ({ ...LOOP_LIMITS, ...change })

describe('Loop', () => {
  it('steps nothing inside offer', () => {
    const world = new World()
    world.loop.offer({ kind: 'add', amounts: [1] })
    assert.deepEqual(world.immediate, [])
    assert.deepEqual(world.loop.state.stepped, [])
    world.clock.runSoon()
    assert.deepEqual(world.immediate, ['add'])
  })

  it('writes the records of all inputs of a turn in one batch, behind the header', () => {
    const world = new World()
    for (const amounts of [[1, 2], [3], [4, 5]]) world.loop.offer({ kind: 'add', amounts })
    world.settle()
    assert.equal(world.disk.writes.length, 1)
    assert.deepEqual(world.disk.load().entries.map(({ index }) => index), [0, 1, 2, 3, 4, 5])
    assert.equal(world.loop.counters().batches, 1)
    assert.equal(world.loop.counters().records, 5)
    assert.equal(world.loop.counters().durable_index, 5)
  })

  it('runs durable effects only when the batch is on disk, in order, with the index reached', () => {
    const world = new World()
    world.loop.offer({ kind: 'add', amounts: [1, 1] })
    world.loop.offer({ kind: 'report' })
    world.loop.offer({ kind: 'add', amounts: [1] })
    world.clock.runSoon()
    assert.equal(world.announced.length, 0)
    assert.deepEqual(world.immediate, ['report', 'add', 'add'], 'immediate effects do not wait')
    world.disk.complete()
    assert.deepEqual(
      world.announced.map(({ effect, durable_index }) => [effect.needs, durable_index]),
      [
        [0, 3],
        [2, 3],
        [3, 3],
      ],
    )
  })

  it('lets inputs wait while a batch is under way and then takes them all in one turn', () => {
    const world = new World()
    world.loop.offer({ kind: 'add', amounts: [1] })
    world.clock.runSoon()
    for (let i = 0; i < 5; i++) world.loop.offer({ kind: 'add', amounts: [1] })
    assert.equal(world.clock.runSoon(), false)
    assert.equal(world.loop.state.stepped.length, 1)
    world.disk.complete()
    assert.equal(world.loop.state.stepped.length, 6)
    world.settle()
    assert.equal(world.disk.writes.length, 2)
  })

  it('puts off records that no effect waits for, until one does', () => {
    const world = new World()
    world.loop.offer({ kind: 'name', name: 'a' })
    world.clock.runSoon()
    assert.equal(world.disk.busy, false)
    world.loop.offer({ kind: 'add', amounts: [1] })
    world.clock.runSoon()
    assert.equal(world.announced.length, 0)
    world.settle()
    assert.equal(world.disk.writes.length, 1)
    assert.deepEqual(world.announced.map(({ effect, durable_index }) => [effect.needs, durable_index]), [[2, 2]])
  })

  it('writes what was put off once nothing else is to do', () => {
    const world = new World()
    world.loop.offer({ kind: 'name', name: 'a' })
    world.settle()
    assert.equal(world.disk.writes.length, 1)
    assert.equal(world.loop.counters().durable_index, 1)
    assert.equal(world.idle, 1)
  })

  it('puts off no longer than some turns, however much of no weight comes', () => {
    const world = new World({ limits: limits({ turn_inputs: 1 }) })
    world.loop.offer({ kind: 'name', name: 'a' })
    for (let id = 0; id < 100; id++) world.loop.offer({ kind: 'frame', id, peer: 1 })
    while (world.clock.runSoon());
    assert.equal(world.disk.busy, true)
    assert.ok(world.loop.state.stepped.length < 50)
  })

  it('writes what was put off before a snapshot', () => {
    const world = new World({ snapshot_rule: { every_records: 2, every_bytes: 1_000_000 } })
    for (const name of ['a', 'b', 'c']) {
      world.loop.offer({ kind: 'name', name })
      world.clock.runSoon()
    }
    world.settle()
    assert.deepEqual(world.fatal, [])
    assert.equal(world.loop.counters().snapshots, 1)
    assert.equal(world.loop.counters().durable_index, 3)
  })

  it('takes what effects answer at once into the same turn', () => {
    const world = new World()
    world.onImmediate = (effect) => {
      if (effect === 'frame') world.loop.offer({ kind: 'report' })
    }
    world.loop.offer({ kind: 'name', name: 'a' })
    world.loop.offer({ kind: 'frame', id: 1, peer: 1 })
    world.clock.runSoon()
    assert.deepEqual(world.immediate, ['frame', 'name', 'report'])
    world.settle()
    assert.equal(world.disk.writes.length, 1)
  })

  it('goes round in no circle where effects answer without end', () => {
    const world = new World({ limits: limits({ turn_inputs: 5 }) })
    world.onImmediate = () => {
      world.loop.offer({ kind: 'report' })
    }
    world.loop.offer({ kind: 'report' })
    world.clock.runSoon()
    assert.equal(world.loop.state.stepped.length, 5)
    world.clock.runSoon()
    assert.equal(world.loop.state.stepped.length, 10)
  })

  it('runs the durable effects of a turn without records at once', () => {
    const world = new World()
    world.loop.offer({ kind: 'report' })
    world.settle()
    assert.equal(world.announced.length, 1)
    assert.equal(world.disk.writes.length, 0)
    assert.equal(world.idle, 1)
  })

  it('queues what effects offer for the next turn, but for outcomes', () => {
    const world = new World()
    world.onImmediate = (effect) => {
      if (effect === 'report') world.loop.offer({ kind: 'fact', id: 1 })
    }
    world.onDurable = ({ effect }) => {
      if (effect.needs === 1) world.loop.offer({ kind: 'fact', id: 2 })
    }
    world.loop.offer({ kind: 'report' })
    world.loop.offer({ kind: 'add', amounts: [1] })
    world.clock.runSoon()
    assert.deepEqual(world.immediate, ['report', 'add'])
    world.settle()
    assert.deepEqual(world.loop.state.stepped.slice(2), [
      { kind: 'fact', id: 1 },
      { kind: 'fact', id: 2 },
    ])
  })

  it('gives the process back to its sockets between turns that write nothing', () => {
    const world = new World({ limits: limits({ turn_inputs: 2 }) })
    for (let id = 0; id < 5; id++) world.loop.offer({ kind: 'fact', id })
    const steps = []
    while (world.clock.runSoon()) steps.push(world.loop.state.stepped.length)
    assert.deepEqual(steps, [2, 4, 5])
  })

  it('takes no further input into a turn whose records are large', () => {
    const world = new World({ limits: limits({ turn_bytes: 1 }) })
    for (let i = 0; i < 3; i++) world.loop.offer({ kind: 'add', amounts: [1] })
    world.settle()
    assert.equal(world.loop.counters().batches, 3)
  })

  describe('wakes the core', () => {
    it('with a tick at the time that its last step named, after the other inputs of that turn', () => {
      const world = new World()
      const at_ms = (world.clock.now() + 500) as Millis
      world.loop.offer({ kind: 'wake', at_ms })
      world.settle()
      assert.equal(world.clock.wake_at_ms, at_ms)
      world.clock.advance(500)
      world.loop.offer({ kind: 'fact', id: 7 })
      world.settle()
      assert.deepEqual(world.loop.state.stepped.slice(1), [
        { kind: 'fact', id: 7 },
        { kind: 'tick', at_ms },
      ])
      assert.equal(world.clock.wake_at_ms, null)
      assert.equal(world.loop.counters().ticks, 1)
    })

    it('not when a later step took the time back', () => {
      const world = new World()
      world.loop.offer({ kind: 'wake', at_ms: (world.clock.now() + 500) as Millis })
      world.settle()
      world.loop.offer({ kind: 'wake', at_ms: null })
      world.settle()
      world.clock.advance(1000)
      world.settle()
      assert.equal(world.loop.counters().ticks, 0)
    })

    it('again where it names the same time once more, but never twice while time stands still', () => {
      const world = new World()
      const at_ms = (world.clock.now() + 500) as Millis
      world.loop.offer({ kind: 'wake', at_ms, insist: true })
      world.settle()
      assert.equal(world.clock.wake_at_ms, at_ms)
      for (let ticks = 1; ticks <= 3; ticks++) {
        world.clock.advance(500)
        world.settle()
        assert.equal(world.loop.counters().ticks, ticks)
        assert.equal(world.clock.wake_at_ms, world.clock.now() + 1)
      }
    })

    it('after a batch that was under way when the time came', () => {
      const world = new World()
      world.loop.offer({ kind: 'wake', at_ms: (world.clock.now() + 10) as Millis })
      world.settle()
      world.loop.offer({ kind: 'add', amounts: [1] })
      world.clock.runSoon()
      world.clock.advance(20)
      assert.equal(world.loop.counters().ticks, 0)
      world.settle()
      assert.equal(world.loop.counters().ticks, 1)
    })
  })

  describe('ends for good', () => {
    it('when the disk fails: nothing of the batch is performed and nothing after it', () => {
      const world = new World()
      world.loop.offer({ kind: 'add', amounts: [1] })
      world.clock.runSoon()
      world.loop.offer({ kind: 'report' })
      world.disk.complete(new Error('no space left'))
      world.settle()
      assert.equal(world.announced.length, 0)
      assert.deepEqual(world.fatal.map(({ code }) => code), ['disk-failed'])
      assert.equal(world.loop.status, 'failed')
      assert.equal(world.loop.offer({ kind: 'report' }), false)
      assert.equal(world.loop.counters().refused.outcome, 1)
      assert.equal(world.clock.runSoon(), false)
    })

    it('when the core breaks an invariant: not even the records before it in that turn are written', () => {
      const world = new World()
      world.loop.offer({ kind: 'add', amounts: [1] })
      world.loop.offer({ kind: 'break' })
      world.loop.offer({ kind: 'add', amounts: [1] })
      world.settle()
      assert.deepEqual(world.fatal.map(({ code }) => code), ['core-broken'])
      assert.match(String(world.fatal[0]?.cause), /told to break/)
      assert.deepEqual(world.disk.writes, [])
      assert.equal(world.announced.length, 0)
    })

    it('when an effect throws', () => {
      for (const hook of ['onDurable', 'onImmediate'] as const) {
        const world = new World()
        world[hook] = () => {
          throw new Error('shell bug')
        }
        world.loop.offer({ kind: 'report' })
        world.loop.offer({ kind: 'report' })
        world.settle()
        assert.deepEqual(world.fatal.map(({ code }) => code), ['effect-threw'])
        assert.equal(world.announced.length + world.immediate.length, hook === 'onImmediate' ? 1 : 3)
      }
    })

    it('when the disk refuses a write outright', () => {
      const refusing = new World()
      refusing.disk.onWrite = () => {
        throw new Error('closed')
      }
      refusing.loop.offer({ kind: 'add', amounts: [1] })
      refusing.clock.runSoon()
      assert.deepEqual(refusing.fatal.map(({ code }) => code), ['disk-failed'])

      assert.equal(refusing.loop.status, 'failed')
    })

    it('when the disk answers a write twice, though another is under way by then', () => {
      const world = new World()
      const answers: ((error: null) => void)[] = []
      const append = world.disk.append.bind(world.disk)
      world.disk.append = (entries, riders, done) => {
        answers.push(done)
        append(entries, riders, done)
      }
      world.loop.offer({ kind: 'add', amounts: [1] })
      world.settle()
      world.loop.offer({ kind: 'add', amounts: [1] })
      world.clock.runSoon()
      answers[0]?.(null)
      assert.deepEqual(world.fatal.map(({ message }) => message), ['the disk answered twice'])
      assert.equal(world.announced.length, 1)
    })

    it('when stopped, as in a crash: the batch under way is written, its effects are left to the next start', () => {
      const world = new World()
      world.loop.offer({ kind: 'wake', at_ms: (world.clock.now() + 10) as Millis })
      world.loop.offer({ kind: 'add', amounts: [1] })
      world.clock.runSoon()
      world.loop.offer({ kind: 'report' })
      world.loop.stop()
      assert.equal(world.clock.wake_at_ms, null)
      assert.equal(world.loop.counters().queued.outcome, 0)
      world.disk.complete()
      world.clock.advance(20)
      world.settle()
      assert.equal(world.announced.length, 0)
      assert.equal(world.loop.counters().ticks, 0)
      assert.equal(world.disk.load().entries.length, 2)
      assert.equal(world.loop.status, 'stopped')
      assert.deepEqual(world.fatal, [])
    })

    it('when an effect stops it: no further effect of that turn runs', () => {
      const world = new World()
      world.onDurable = () => world.loop.stop()
      world.loop.offer({ kind: 'report' })
      world.loop.offer({ kind: 'report' })
      world.settle()
      assert.equal(world.announced.length, 1)
    })
  })
})
