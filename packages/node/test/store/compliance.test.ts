import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describeDisk } from '../../../runtime/test/disk-compliance.ts'
import { Store } from '../../src/store/index.ts'
import { temporaryDirectories } from './support.ts'

describe('Store', () => {
  const newDirectory = temporaryDirectories()

  describeDisk('level', async () => {
    let dir = join(await newDirectory(), 'store')
    let store: Store | null = null
    const close = async (): Promise<void> => {
      await store?.close()
      store = null
    }
    return {
      open: async () => {
        await close()
        store = await Store.open(dir)
        return { disk: store, log: store.log }
      },
      close,
      // The files as they are at this moment, which is what a killed process leaves.
      crash: async () => {
        const left = join(await newDirectory(), 'store')
        await cp(dir, left, { recursive: true })
        await close()
        dir = left
      },
    }
  })
})
