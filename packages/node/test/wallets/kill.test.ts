import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Store } from '../../src/store/index.ts'
import { readWatches, riderOf } from '../../src/wallets/rows.ts'
import { temporaryDirectories } from '../store/support.ts'
import { POSITION } from './scanning-child.ts'
import { TPUB, watchOf } from './support.ts'

const CHILD = join(import.meta.dirname, 'scanning-child.ts')
const BIRTH = 100

/** Heights that it said are on disk, until it was killed after so many. */
async function scanUntilKilled(dir: string, blocks: number): Promise<number[]> {
  const child = spawn(process.execPath, ['--conditions=source', CHILD, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
    printed += chunk
    if (printed.split('\n').length > blocks) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  assert.equal(child.signalCode, 'SIGKILL')
  return printed.slice(0, printed.lastIndexOf('\n')).split('\n').map(Number)
}

describe('a scan whose process is killed', () => {
  const newDirectory = temporaryDirectories()

  it('goes on where it stood, with all that it had learnt', async () => {
    const dir = join(await newDirectory(), 'store')
    const { store } = await Store.open(dir)
    await store.write([riderOf(await watchOf(`wpkh(${TPUB}/*)`, { birth_height: BIRTH, gap_limit: 2 }))])
    await store.close()
    let next = BIRTH
    for (const blocks of [1, 3, 17]) {
      const told = await scanUntilKilled(dir, blocks)
      assert.equal(told[0], next, 'no block is passed over, and none searched again')
      const { store: after } = await Store.open(dir)
      const [watch] = await readWatches(after)
      await after.close()
      assert.ok(watch?.scan.state === 'running')
      const last = told.at(-1) ?? assert.fail('nothing was searched')
      // The last batch may be on disk although the process did not live to say so.
      assert.ok(watch.scan.next === last + 1 || watch.scan.next === last + 2, `${watch.scan.next} after ${last}`)
      assert.equal(watch.scan.until, POSITION)
      // What a block taught is there exactly if the block counts as searched: each moves the index on by the gap limit.
      assert.deepEqual(watch.next_index, [2 * (watch.scan.next - BIRTH)])
      next = watch.scan.next
    }
  })
})
