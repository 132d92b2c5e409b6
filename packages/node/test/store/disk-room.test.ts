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
