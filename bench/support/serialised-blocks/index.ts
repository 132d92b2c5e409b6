/** Blocks as they are on the wire, for benchmarks that need no bitcoind. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sampleBlock } from '../../../packages/node/src/chain/sample/index.ts'

export interface SerialisedBlock {
  /** Of its file, or `synthetic`. */
  readonly name: string
  readonly bytes: Uint8Array
}

const SEED = 866_342
/** All that a block may have. */
const WEIGHT = 4_000_000

/**
 * Each `*.raw` of a folder, by name; without one, a synthetic block of full weight, always the same.
 * @throws Error where the folder has none
 */
export async function serialisedBlocks(folder: string | null): Promise<SerialisedBlock[]> {
  if (folder === null) return [{ name: 'synthetic', bytes: sampleBlock({ seed: SEED, weight: WEIGHT }) }]
  const names = (await readdir(folder)).filter((name) => name.endsWith('.raw')).toSorted()
  if (names.length === 0) throw new Error(`there is no *.raw in ${folder}`)
  return Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(folder, name)) })))
}
