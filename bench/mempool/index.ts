/** A mempool that is flooded, and many thefts at once (P9): `pnpm bench mempool`. */
import { findBitcoind } from '../../packages/client/src/regtest.ts'
import type { BenchContext, BenchResult } from '../bench.ts'
import { flood } from './flood/index.ts'

export async function mempool(context: BenchContext): Promise<BenchResult> {
  const { signal, progress } = context
  const binary = await findBitcoind({ signal, onProgress: ({ message }) => progress(message) })
  const flooded = await flood(binary, context)
  return { rows: flooded.rows, wrong: flooded.wrong, bitcoind: binary.version }
}
