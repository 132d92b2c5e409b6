import assert from 'node:assert/strict'
import type { Millis } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import { type LoopOptions, restoreLog } from '../../src/index.ts'
import { type ToyDurable, type ToyInput, toyCore } from '../support/toy-core.ts'
import { World } from '../support/world.ts'

type Action =
  | { readonly do: 'offer'; readonly input: ToyInput }
  | { readonly do: 'run' | 'complete' | 'fail' }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'crash'; readonly under_way: 'lost' | 'kept' }

const anyInput: fc.Arbitrary<ToyInput> = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), amounts: fc.array(fc.nat(9), { maxLength: 3 }) }),
  fc.record({ kind: fc.constant('name' as const), name: fc.constantFrom('a', 'b') }),
  fc.constant<ToyInput>({ kind: 'report' }),
  fc.record({ kind: fc.constant('wake' as const), at_ms: fc.option(fc.integer({ min: 1_000_000, max: 1_000_100 })) }).map(
    ({ kind, at_ms }): ToyInput => ({ kind, at_ms: at_ms as Millis | null }),
  ),
)

const anyAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: anyInput.map((input): Action => ({ do: 'offer', input })) },
  { weight: 4, arbitrary: fc.constant<Action>({ do: 'run' }) },
  { weight: 4, arbitrary: fc.constant<Action>({ do: 'complete' }) },
  { weight: 1, arbitrary: fc.nat(50).map((ms): Action => ({ do: 'advance', ms })) },
  { weight: 1, arbitrary: fc.constant<Action>({ do: 'fail' }) },
  { weight: 1, arbitrary: fc.constantFrom('lost' as const, 'kept' as const).map((under_way): Action => ({ do: 'crash', under_way })) },
)

const options: LoopOptions = { snapshot_rule: { every_records: 4, every_bytes: 1_000_000 } }

/** A member that crashes and starts again, with everything checked that must hold at each moment. */
class Member {
  world = this.#start(new World(options))
  /** The durable state when the disk last acknowledged a write. */
  acknowledged: ToyDurable = structuredClone(this.world.loop.state.durable)

  #start(world: World): World {
    let announced = 0
    world.onDurable = ({ effect, durable_index }) => {
      const on_disk = restoreLog(toyCore, world.disk.load())
      assert.ok(effect.needs <= on_disk.durable.records, 'an effect ran before its records were on disk')
      assert.equal(durable_index, Math.max(on_disk.next_index - 1, 0))
      assert.ok(effect.needs >= announced, 'effects run in order')
      announced = effect.needs
    }
    return world
  }

  perform(action: Action): void {
    const { world } = this
    switch (action.do) {
      case 'offer':
        world.loop.offer(action.input)
        break
      case 'run':
        world.clock.runSoon()
        break
      case 'advance':
        world.clock.advance(action.ms)
        break
      case 'complete':
        if (world.disk.busy) this.#complete(null)
        break
      case 'fail':
        if (!world.disk.busy) return
        this.#complete(new Error('no space left'))
        assert.equal(world.loop.status, 'failed')
        this.#restart('lost')
        break
      case 'crash':
        this.#restart(action.under_way)
    }
    this.#check()
  }

  #complete(error: Error | null): void {
    const written = structuredClone(this.world.loop.state.durable)
    this.world.disk.complete(error)
    if (error === null) this.acknowledged = written
  }

  #restart(under_way: 'lost' | 'kept'): void {
    const { disk, loop } = this.world
    const expected = disk.busy && under_way === 'kept' ? loop.state.durable : this.acknowledged
    const log = disk.crash(under_way)
    this.world = this.#start(new World(options, log))
    assert.deepEqual(this.world.loop.state.durable, expected)
    this.acknowledged = structuredClone(expected)
  }

  #check(): void {
    const { disk, loop, clock } = this.world
    const { durable } = restoreLog(toyCore, disk.load())
    assert.deepEqual(durable, this.acknowledged)
    const isBehind = disk.busy || clock.due
    if (!isBehind) assert.deepEqual(loop.state.durable, durable, 'the state is ahead of the disk with no write to come')
    const { batches, turns } = loop.counters()
    assert.ok(batches <= turns, 'more than one batch in a turn')
    assert.ok(disk.load().entries.length <= 4 + 3 * 256 + 1, 'the log is not truncated')
  }
}

describe('Loop, crashed at any point', () => {
  it('acts on nothing before it is on disk, and restores exactly what was acknowledged or under way', () => {
    fc.assert(
      fc.property(fc.array(anyAction, { maxLength: 80, size: 'max' }), (actions) => {
        const member = new Member()
        for (const action of actions) member.perform(action)
        member.world.settle()
        assert.deepEqual(restoreLog(toyCore, member.world.disk.load()).durable, member.world.loop.state.durable)
      }),
      { numRuns: 300 },
    )
  })

  it('replaces records by a snapshot between turns, when so many have been written', () => {
    const world = new World(options)
    for (let i = 0; i < 10; i++) {
      world.loop.offer({ kind: 'add', amounts: [1] })
      world.settle()
    }
    assert.deepEqual(
      world.disk.writes.map((write) => (write.kind === 'append' ? write.entries.at(-1)?.index : `snapshot ${write.snapshot.index}`)),
      [1, 2, 3, 4, 'snapshot 4', 5, 6, 7, 8, 'snapshot 8', 9, 10],
    )
    assert.deepEqual(world.disk.load().entries.map(({ index }) => index), [9, 10])
    assert.equal(world.loop.counters().snapshots, 2)
  })

  it('takes a snapshot first when it starts with a long log', () => {
    const before = new World()
    before.loop.offer({ kind: 'add', amounts: [1, 2, 3, 4, 5] })
    before.settle()
    const world = new World(options, before.disk.load())
    world.loop.offer({ kind: 'add', amounts: [6] })
    world.settle()
    assert.deepEqual(world.disk.writes.map(({ kind }) => kind), ['snapshot', 'append'])
  })

  it('fails for good when a snapshot fails, and loses nothing', () => {
    const world = new World(options)
    world.loop.offer({ kind: 'add', amounts: [1, 2, 3, 4] })
    world.clock.runSoon()
    world.disk.complete()
    assert.equal(world.announced.length, 1)
    world.disk.complete(new Error('no space left'))
    assert.deepEqual(world.fatal.map(({ code }) => code), ['disk-failed'])
    assert.equal(restoreLog(toyCore, world.disk.load()).durable.total, 10)
  })
})
