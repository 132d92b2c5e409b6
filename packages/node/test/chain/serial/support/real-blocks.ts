import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const REAL_BLOCKS = ['mainnet_413567', 'mainnet_702861', 'mainnet_866342'] as const

/** Beside the checkout. */
const FOLDER = resolve(import.meta.dirname, '../../../../../../../shared/data/blocks')

/** Where it is; null, and the reason is printed, where it is not. */
export function realBlock(name: (typeof REAL_BLOCKS)[number]): string | null {
  const path = join(FOLDER, `${name}.raw`)
  if (existsSync(path)) return path
  process.stderr.write(`    skipped: there is no ../shared/data/blocks/${name}.raw beside the checkout\n`)
  return null
}
