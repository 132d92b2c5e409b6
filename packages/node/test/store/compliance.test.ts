import assert from 'node:assert/strict'
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describeDisk } from '../../../runtime/test/disk-compliance.ts'
import { Store } from '../../src/store/index.ts'
import { temporaryDirectories } from './support.ts'

/**
 * Copies an open store as of one moment. leveldb goes on writing and deleting meanwhile, so what names the other files is
 * copied first, and everything again where a file came or went.
 */
async function copyAsKilled(from: string, to: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const names = (await readdir(from)).toSorted((a, b) => Number(isRoot(b)) - Number(isRoot(a)))
    await mkdir(to)
    try {
      for (const name of names) await copyFile(join(from, name), join(to, name))
      if ((await readdir(from)).toSorted().join() === names.toSorted().join()) return
    } catch (error) {
      assert.ok(error instanceof Error && 'code' in error && error.code === 'ENOENT', String(error))
    }
    await rm(to, { recursive: true })
  }
  assert.fail('the store does not hold still')
}

const isRoot = (name: string): boolean => /^(?:CURRENT|MANIFEST-\d+)$/.test(name)

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
        const opened = await Store.open(dir)
        store = opened.store
        return { disk: store, log: opened.log }
      },
      close,
      // The files as they are at this moment, which is what a killed process leaves.
      crash: async () => {
        const left = join(await newDirectory(), 'store')
        await copyAsKilled(dir, left)
        await close()
        dir = left
      },
    }
  })
})
