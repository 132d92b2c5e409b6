import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Loop, type LoopOptions, type Synced, restoreLog } from '@belfry/runtime'
import { ManualClock } from '../../../runtime/test/support/manual-clock.ts'
import { type ToyAnnouncement, toyCore, toyInputs } from '../../../runtime/test/support/toy-core.ts'
import { Store } from '../../src/store/index.ts'
import { temporaryDirectories } from './support.ts'

const OPTIONS: LoopOptions = { snapshot_rule: { every_records: 5, every_bytes: 1_000_000 } }

/** One run of a member: adds each amount in a turn of its own, and ends. */
async function run(dir: string, amounts: readonly number[]): Promise<Synced<ToyAnnouncement>[]> {
  const { store, log } = await Store.open(dir)
  const clock = new ManualClock()
  const announced: Synced<ToyAnnouncement>[] = []
  let settled = Promise.withResolvers<void>()
  const loop = new Loop(OPTIONS, {
    core: toyCore,
    log: restoreLog(toyCore, log),
    disk: store,
    clock,
    inputs: toyInputs,
    effects: { performDurable: (effect) => announced.push(effect), performImmediate: () => {} },
    observer: { onFatal: (error) => settled.reject(error), onIdle: () => settled.resolve() },
  })
  for (const amount of amounts) {
    settled = Promise.withResolvers()
    loop.offer({ kind: 'add', amounts: [amount] })
    clock.runSoon()
    await settled.promise
  }
  loop.stop()
  await store.close()
  return announced
}

describe('Loop on the store', () => {
  const newDirectory = temporaryDirectories()

  it('goes on after each restart where it ended, snapshots included', async () => {
    const dir = join(await newDirectory(), 'store')
    let total = 0
    let records = 0
    for (const amounts of [[1, 2, 3], [4], [5, 6, 7, 8], [9, 10, 11, 12, 13, 14]]) {
      const announced = await run(dir, amounts)
      for (const [i, amount] of amounts.entries()) {
        total += amount
        records++
        assert.deepEqual(announced[i]?.effect, { needs: records, total })
        assert.equal(announced[i]?.durable_index, records)
      }
    }
    const { store, log } = await Store.open(dir)
    await store.close()
    assert.equal(log.snapshot?.index, 10)
    assert.deepEqual(restoreLog(toyCore, log).durable, { total, records, names: new Map() })
  })
})
