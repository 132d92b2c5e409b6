import { describeDisk } from '../disk-compliance.ts'
import { MemoryDisk } from './memory-disk.ts'

/** Ends each write in the next round of the event loop. */
function onItsOwn(disk: MemoryDisk): MemoryDisk {
  disk.onWrite = () => setImmediate(() => disk.busy && disk.complete())
  return disk
}

let crashes = 0

describeDisk('MemoryDisk', async () => {
  let disk = onItsOwn(new MemoryDisk())
  return {
    open: async () => ({ disk, log: disk.load() }),
    close: async () => {
      if (disk.busy) disk.complete()
    },
    crash: async () => {
      disk = onItsOwn(new MemoryDisk(disk.crash(crashes++ % 2 === 0 ? 'lost' : 'kept')))
    },
  }
})
