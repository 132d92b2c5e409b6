/**
 * Run as a process: appends batch after batch to the store in argv[2] until it is killed, a snapshot now and then, and
 * prints the last index of each batch that was acknowledged, before it begins the next.
 */
import { writeSync } from 'node:fs'
import { Store } from '../../src/store/index.ts'
import { append, entriesFrom, entryAt, snapshot } from './support.ts'

const SNAPSHOT_EVERY_BATCHES = 7

/** Batches of 1 to 50 entries. */
export function batchSizeAt(first: number): number {
  return 1 + ((first * 7) % 50)
}

async function main(dir: string): Promise<never> {
  const { store, log } = await Store.open(dir)
  let next: number = (log.entries.at(-1)?.index ?? log.snapshot?.index ?? -1) + 1
  for (let batches = 1; ; batches++) {
    const size = batchSizeAt(next)
    report(await append(store, entriesFrom(next, size)))
    next += size
    writeSync(1, `${next - 1}\n`)
    if (batches % SNAPSHOT_EVERY_BATCHES === 0) report(await snapshot(store, next - 1, entryAt(next - 1, 100_000).bytes))
  }
}

function report(error: Error | null): void {
  if (error !== null) throw error
}

const [, script, dir] = process.argv
if (script === import.meta.filename && dir !== undefined) await main(dir)
