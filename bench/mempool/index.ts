/** A mempool that is flooded, and many thefts at once (P9): `pnpm bench mempool`. */
import { type BitcoindBinary, findBitcoind } from '../../packages/client/src/regtest.ts'
import type { BenchContext, BenchResult } from '../bench.ts'
import { flood } from './flood/index.ts'
import { thefts } from './thefts/index.ts'

export async function mempool(context: BenchContext): Promise<BenchResult> {
  const binary = await bitcoindFor(context)
  const flooded = await flood(binary, context)
  context.signal.throwIfAborted()
  const stolen = await thefts(binary, context)
  return { rows: [...flooded.rows, ...stolen.rows], wrong: [...flooded.wrong, ...stolen.wrong], bitcoind: binary.version }
}

/** The second half alone: `pnpm bench thefts`. */
export async function manyThefts(context: BenchContext): Promise<BenchResult> {
  const binary = await bitcoindFor(context)
  return { ...(await thefts(binary, context)), bitcoind: binary.version }
}

async function bitcoindFor({ signal, progress }: BenchContext): Promise<BitcoindBinary> {
  return await findBitcoind({ signal, onProgress: ({ message }) => progress(message) })
}
