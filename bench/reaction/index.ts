/** From a theft to the clawback, in milliseconds. */
import { findBitcoind } from '../../packages/client/src/regtest.ts'
import type { BenchContext, BenchResult } from '../bench.ts'
import { FiveNodes } from './five-nodes.ts'
import { Stage } from './stage.ts'

const SAMPLES = 50

export async function reaction({ samples, progress, signal }: BenchContext): Promise<BenchResult> {
  const binary = await findBitcoind({ signal, onProgress: ({ message }) => progress(message) })
  const init = { samples: samples ?? SAMPLES, progress, signal }
  const stage = await Stage.start({ binary, progress, signal })
  try {
    const five = new FiveNodes(stage, init)
    await five.measure()
    return { rows: five.rows, wrong: five.wrong, bitcoind: binary.version }
  } finally {
    progress('stopping')
    await stage.stop()
  }
}
