/** Whatever happens, in whatever order: the core never throws, its state encodes, and its log restores it. */
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { decodeBody, decodeFrame, decodeHeader, isMemberKind } from '../../../src/index.ts'
import { myGuardedRoot } from '../../../src/liveness/guarded.ts'
import { BoundedMap, type Millis } from '../../../src/primitives/index.ts'
import { Turn } from '../../../src/state/turn.ts'
import { digestsTold } from '../../../src/sync/topics.ts'
import type { Seat } from '../seat.ts'
import { first, setting } from './cast.ts'
import { WELL } from './outcomes.ts'
import { STEPS } from './steps.ts'
import { World } from './world.ts'

/** What a core gives out can be read, and its verdicts are one for each frame. */
function checkOutputs(seat: Seat): void {
  const slots = new Set<string>()
  for (const output of seat.outputs) {
    for (const effect of output.afterDurable) {
      if (effect.effect !== 'gossip' && effect.effect !== 'send') continue
      const { kind, body } = decodeHeader(decodeFrame(effect.bytes).signed)
      assert.ok(isMemberKind(kind))
      decodeBody(kind, body)
      assert.ok(effect.effect === 'send' || (kind !== 'release' && kind !== 'pull'), 'no share is gossiped')
    }
    for (const record of output.records) {
      if (record.record !== 'signed') continue
      assert.ok(!slots.has(record.slot), record.slot)
      slots.add(record.slot)
    }
    assert.ok(output.wake_at_ms > 0)
  }
}

/** What is remembered of what I hold is what would be made of it now. */
function checkDigests({ state, now_ms }: Seat): void {
  const tell = (volatile: typeof state.volatile): unknown => {
    const turn = new Turn({ ...state, volatile }, setting.ports[0] ?? assert.fail(), now_ms as Millis)
    return { ...digestsTold(turn), guarded_root: myGuardedRoot(turn) }
  }
  const anew = tell({ ...state.volatile, digests: new BoundedMap(state.volatile.digests.limit), custody_digest: null, guarded_root: null })
  // Remembered for the next step, too.
  assert.deepEqual(tell(state.volatile), anew)
}

describe('a core to which anything may happen', () => {
  it('never throws nor goes round in a circle, keeps its limits, and is what its log restores', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...STEPS), { minLength: 5, maxLength: 60 }), (steps) => {
        const world = new World()
        world.seat.begin()
        world.blocks.push(100)
        world.seat.enrol(first)
        world.done = world.seat.outputs.length
        for (const { run } of steps) {
          run(world)
          checkDigests(world.seat)
        }
        world.answer(WELL)
        checkOutputs(world.seat)
        world.seat.checkDurable()
      }),
      { numRuns: 150 },
    )
  }).timeout(60_000)
})
