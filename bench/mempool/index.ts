/** A mempool that is flooded, and many thefts at once (P9): `pnpm bench mempool`. */
import { findBitcoind } from '../../packages/client/src/regtest.ts'
import type { BenchContext, BenchResult } from '../bench.ts'
import { flood } from './flood/index.ts'
import { thefts } from './thefts/index.ts'

export async function mempool(context: BenchContext): Promise<BenchResult> {
  const { signal, progress } = context
  const binary = await findBitcoind({ signal, onProgress: ({ message }) => progress(message) })
  const flooded = await flood(binary, context)
  signal.throwIfAborted()
  const stolen = await thefts(binary, context)
  return { rows: [...flooded.rows, ...stolen.rows], wrong: [...flooded.wrong, ...stolen.wrong], bitcoind: binary.version }
}
