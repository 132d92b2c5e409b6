/** What a federation's talk costs, at rest and in an incident, and how that grows with its size: `pnpm bench federation`. */
import { findBitcoind } from '../../packages/client/src/regtest.ts'
import type { BenchContext, BenchResult } from '../bench.ts'
import { real } from './real.ts'
import { simulated } from './simulated.ts'

export async function federation({ progress, signal }: BenchContext): Promise<BenchResult> {
  const binary = await findBitcoind({ signal, onProgress: ({ message }) => progress(message) })
  const five = await real({ binary, progress, signal })
  const others = simulated({ progress, signal })
  return { rows: [...five.rows, ...others.rows], wrong: [...five.wrong, ...others.wrong], bitcoind: binary.version }
}
