/**
 * Run as a process: goes on with the scans that the store in argv[2] holds until it is killed. Every block pays the highest
 * index that is watched. Prints the height of each block that is on disk, before it begins the next.
 */
import { writeSync } from 'node:fs'
import { Store } from '../../src/store/index.ts'
import { WatchBook } from '../../src/wallets/book.ts'
import { height } from './support.ts'

export const POSITION = height(10_000)

async function main(dir: string): Promise<void> {
  const { store } = await Store.open(dir)
  const book = await WatchBook.load(store, 'regtest')
  await store.write(book.beginScans(POSITION))
  for (let plan = book.nextScan(); plan !== null; plan = book.nextScan()) {
    const [highest] = [...book.scripts()].toSorted((a, b) => b.index - a.index)
    const { riders } = book.onPayment(highest?.script ?? new Uint8Array())
    await store.write([...riders, ...book.scanned(plan, plan.from, POSITION)])
    writeSync(1, `${plan.from}\n`)
  }
}

const [, script, dir] = process.argv
if (script === import.meta.filename && dir !== undefined) await main(dir)
