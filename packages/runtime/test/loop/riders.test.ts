import assert from 'node:assert/strict'
import { LOOP_LIMITS, type Rider } from '../../src/index.ts'
import { World } from '../support/world.ts'

const rider = (key: number, value: number | null): Rider =>
  ({ key: Uint8Array.of(key), value: value === null ? null : Uint8Array.of(value) })

const appended = (world: World) => world.disk.writes.flatMap((write) =>
  write.kind === 'append' ? [{ entries: write.entries.length, riders: write.riders.map(({ key }) => key[0]) }] : [])

describe('a rider', () => {
  it('is written in the same batch as the records of its input', () => {
    const world = new World()
    world.loop.offer({ kind: 'add', amounts: [1, 2] }, [rider(6, 1), rider(5, 2)])
    world.settle()
    assert.deepEqual(appended(world), [{ entries: 3, riders: [6, 5] }])
  })

  it('is written though its input causes no record, and though it has none', () => {
    const world = new World()
    world.loop.offer({ kind: 'frame', id: 1, peer: 1 }, [rider(6, 1)])
    world.settle()
    assert.ok(world.loop.offerRiders([rider(6, null)]))
    world.settle()
    assert.deepEqual(appended(world), [{ entries: 0, riders: [6] }, { entries: 0, riders: [6] }])
    assert.deepEqual([...world.disk.rows], [['06', null]])
  })

  it('waits for the write under way like the inputs that came before it', () => {
    const world = new World()
    world.loop.offer({ kind: 'add', amounts: [1] })
    world.clock.runSoon()
    world.loop.offerRiders([rider(1, 1)])
    world.loop.offer({ kind: 'add', amounts: [1] }, [rider(2, 1)])
    world.settle()
    assert.deepEqual(appended(world), [{ entries: 2, riders: [] }, { entries: 1, riders: [1, 2] }])
  })

  it('holds up no effect of an earlier turn, and is put off like records that none waits for', () => {
    const world = new World()
    world.loop.offerRiders([rider(1, 1)])
    world.clock.runSoon()
    assert.equal(world.disk.busy, false)
    world.loop.offer({ kind: 'add', amounts: [1] })
    world.settle()
    assert.deepEqual(appended(world), [{ entries: 2, riders: [1] }])
  })

  it('is written before a snapshot is taken', () => {
    const world = new World({ snapshot_rule: { every_records: 1, every_bytes: 1_000_000 } })
    world.loop.offer({ kind: 'name', name: 'a' }, [rider(1, 1)])
    world.settle()
    assert.deepEqual(world.disk.writes.map(({ kind }) => kind), ['append', 'snapshot'])
  })

  it('counts by its bytes for the size of a turn, and of what may wait', () => {
    const large = { key: Uint8Array.of(1), value: new Uint8Array(LOOP_LIMITS.turn_bytes) }
    const world = new World()
    world.loop.offerRiders([large])
    world.loop.offerRiders([rider(2, 1)])
    world.settle()
    assert.deepEqual(appended(world).map(({ riders }) => riders), [[1], [2]])
    const limits = { ...LOOP_LIMITS, classes: { ...LOOP_LIMITS.classes, chain: { lane_queue: 9, lane_bytes: 10, lanes: 1, reserved: 1 } } }
    const small = new World({ limits })
    assert.equal(small.loop.offerRiders([rider(1, 1)]), true)
    assert.equal(small.loop.offerRiders([{ key: new Uint8Array(9), value: null }]), false)
    assert.equal(small.loop.counters().refused.chain, 1)
  })
})
