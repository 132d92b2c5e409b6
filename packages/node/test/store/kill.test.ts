import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Store, StoreError } from '../../src/store/index.ts'
import { batchSizeAt } from './appending-child.ts'
import { entryAt, temporaryDirectories } from './support.ts'

const CHILD = join(import.meta.dirname, 'appending-child.ts')

type Child = ChildProcessByStdio<null, Readable, null>

function startChild(dir: string): Child {
  return spawn(process.execPath, ['--conditions=source', CHILD, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Kills the child once it has acknowledged `batches` batches, and gives the last index that it printed. */
async function killAfter(child: Child, batches: number): Promise<number> {
  let printed = ''
  for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
    printed += chunk
    if (printed.split('\n').length > batches) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  assert.equal(child.signalCode, 'SIGKILL')
  return Number(printed.slice(0, printed.lastIndexOf('\n')).split('\n').at(-1))
}

describe('Store, its process killed', () => {
  const newDirectory = temporaryDirectories()

  it('holds all that was acknowledged, at most one batch more, and never a hole', async () => {
    const dir = join(await newDirectory(), 'store')
    for (const batches of [1, 2, 5, 7, 8, 30, 120]) {
      const acknowledged = await killAfter(startChild(dir), batches)
      const { store, log } = await Store.open(dir)
      const { snapshot, entries } = log
      await store.close()

      const last: number = entries.at(-1)?.index ?? snapshot?.index ?? -1
      const one_more = acknowledged + batchSizeAt(acknowledged + 1)
      assert.ok(last === acknowledged || last === one_more, `${last} on disk, ${acknowledged} acknowledged`)
      const first: number = snapshot === null ? 0 : snapshot.index + 1
      assert.deepEqual(entries, entries.map((_, i) => entryAt(first + i)))
      assert.equal(first + entries.length, last + 1)
      if (snapshot !== null) assert.deepEqual(snapshot.bytes, entryAt(snapshot.index, 100_000).bytes)
    }
  })

  it('keeps a second process out while it lives, and lets it in afterwards', async () => {
    const dir = join(await newDirectory(), 'store')
    const child = startChild(dir)
    await once(child.stdout, 'data')
    await assert.rejects(Store.open(dir), (error) => error instanceof StoreError && error.code === 'store-locked')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const { store } = await Store.open(dir)
    await store.close()
  })
})
