import assert from 'node:assert/strict'
import { DiskRoom } from '../../src/store/index.ts'
import { recorded } from '../logging/support.ts'
import { temporaryDirectories } from './support.ts'

describe('the room on the disk of a data directory', () => {
  const newDirectory = temporaryDirectories()

  it('is told of once where it is too little, with what to do', async () => {
    const { logger, lines } = recorded()
    const room = new DiskRoom({ dir: await newDirectory(), low_bytes: Number.MAX_SAFE_INTEGER }, { logger })
    assert.equal(room.free_bytes, null)
    await room.look()
    await room.look()
    const [told, ...more] = lines()
    assert.deepEqual([told?.['event'], told?.['level'], more], ['disk-nearly-full', 'warn', []])
    assert.equal(told?.['free_bytes'], room.free_bytes)
    assert.match(String(told?.['remedy']), /^Free some space/)
  })

  it('is told of once though it goes up and down about the threshold, and is enough again with a quarter more', async () => {
    const { logger, lines } = recorded()
    let freeBytes: number | null = null
    const room = new DiskRoom({ dir: '/', low_bytes: 1_000 }, { logger, freeBytes: async () => freeBytes })
    for (const [free, told] of [[1_000, 0], [999, 1], [1_000, 1], [998, 1], [1_249, 1], [999, 1], [1_250, 2], [1_000, 2], [999, 3]] as const) {
      freeBytes = free
      await room.look()
      assert.equal(lines().length, told, `with ${free} free`)
    }
    assert.deepEqual(lines().map(({ event, free_bytes }) => [event, free_bytes]), [['disk-nearly-full', 999], ['disk-has-room', 1_250], ['disk-nearly-full', 999]])
  })

  it('is nothing to tell of where there is enough, nor where nobody knows', async () => {
    const { logger, lines } = recorded()
    const enough = new DiskRoom({ dir: await newDirectory(), low_bytes: 0 }, { logger })
    await enough.look()
    assert.ok((enough.free_bytes ?? 0) > 0)
    const nowhere = new DiskRoom({ dir: '/nowhere/at/all' }, { logger })
    await nowhere.look()
    assert.equal(nowhere.free_bytes, null)
    assert.deepEqual(lines(), [])
  })
})
