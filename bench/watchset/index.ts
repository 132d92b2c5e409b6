/** The watched outpoints in memory and from disk: `pnpm bench watchset`. */
import type { BenchContext, BenchResult } from '../bench.ts'
import { type Peer, type Row, row, timeRow } from '../output/row.ts'
import { summarise } from '../statistics.ts'
import { keysOf } from './keys.ts'
import { type Material, type Measured, measure, measureGrowth, timeOf } from './measure.ts'
import { measureRebuild } from './rebuild.ts'
import { ours, setOfStrings } from './subjects.ts'

const SAMPLES = 3
const PEER = 'Set of strings'
/** The target P4. Not a time: it holds on every machine, or is wrong. */
const MAX_BYTES = 60

export async function watchset({ samples, progress, signal }: BenchContext): Promise<BenchResult> {
  const count = samples ?? SAMPLES
  progress('making five million outpoints')
  const material: Material = { watched: keysOf('watched', 5_000_000), others: keysOf('others', 1_000_000) }
  const wrong: string[] = []
  const [table, set]: Measured[] = [{ samples: new Map(), wrong }, { samples: new Map(), wrong }]
  const pauses: { readonly table: number[]; readonly set: number[] } = { table: [], set: [] }
  if (table === undefined || set === undefined) throw new RangeError('nothing to measure')
  // The peer once: it takes long, and is no moving target.
  progress(PEER)
  measure(PEER, setOfStrings, material, set)
  pauses.set.push(measureGrowth(setOfStrings, material))
  for (let i = 0; i < count; i++) {
    signal.throwIfAborted()
    progress(`the table, ${i + 1} of ${count}`)
    measure('the table', ours, material, table)
    pauses.table.push(measureGrowth(ours, material))
  }
  progress('from disk')
  const rebuilds = await measureRebuild(material.watched, count, wrong, signal)
  const copies = copyTimes(material.watched.bytes)
  return {
    rows: [
      ...rowsBeside(table, set, wrong),
      timeRow('growth-pause', pauses.table, peerOf(PEER, pauses.set)),
      timeRow('rebuild-5m', rebuilds, peerOf('memcpy', copies)),
      timeRow('memcpy', copies),
    ],
    wrong,
    bitcoind: null,
  }
}

function rowsBeside(table: Measured, set: Measured, wrong: string[]): Row[] {
  return [...table.samples].map(([name, { unit, values }]) => {
    if (unit === 'bytes' && values.some((value) => value > MAX_BYTES)) wrong.push(`${name}: more than ${MAX_BYTES}`)
    return row(name, unit, values, peerOf(PEER, set.samples.get(name)?.values ?? []))
  })
}

function peerOf(name: string, values: readonly number[]): Peer | null {
  return values.length === 0 ? null : { name, median: summarise(values).median }
}

/** The limit: the bytes of five million once moved in memory. */
function copyTimes(bytes: Uint8Array): number[] {
  const target = new Uint8Array(bytes.length).fill(1)
  return Array.from({ length: 10 }, () => timeOf(() => target.set(bytes)))
}
