/** The one generated file that is committed: the hasher of txids, assembled from its source. */
import { readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import wabt from 'wabt'

const ROOT = resolve(import.meta.dirname, '../..')
const SOURCE = join(ROOT, 'packages/node/src/chain/hashing/double-sha256.wat')
export const BUILT = join(ROOT, 'packages/node/wasm/double-sha256.wasm')

/** @throws Error where the source cannot be assembled; it says in which line */
export async function compile(): Promise<Uint8Array> {
  const assembler = await wabt()
  const module = assembler.parseWat(relative(ROOT, SOURCE), await readFile(SOURCE), { simd: true })
  try {
    module.validate()
    return module.toBinary({}).buffer
  } finally {
    module.destroy()
  }
}
