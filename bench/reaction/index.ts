/** From a theft to the clawback, in milliseconds: `pnpm bench reaction`. */
import { findBitcoind } from '../../packages/client/src/regtest.ts'
import type { BenchContext, BenchResult } from '../bench.ts'
import { FiveNodes } from './five-nodes.ts'
import { OneNode } from './one-node.ts'
import { Stage } from './stage.ts'

const SAMPLES = 50

export async function reaction({ samples, progress, signal }: BenchContext): Promise<BenchResult> {
  const binary = await findBitcoind({ signal, onProgress: ({ message }) => progress(message) })
  const init = { samples: samples ?? SAMPLES, progress, signal }
  const stage = await Stage.start({ binary, progress, signal })
  try {
    const [five, one] = [new FiveNodes(stage, init), new OneNode(stage, init)]
    await five.prepare()
    await one.prepare()
    await five.measure()
    await one.measure()
    return { rows: [...five.rows, ...one.rows], wrong: [...five.wrong, ...one.wrong], bitcoind: binary.version }
  } finally {
    progress('stopping')
    await stage.stop()
  }
}
