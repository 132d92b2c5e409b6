/** One regtest bitcoind with full blocks to come. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BitcoindBinary, type RegtestNode, findBitcoind, findFreePorts, startRegtest } from '../../../packages/client/src/regtest.ts'
import type { BenchContext } from '../../bench.ts'
import { FullBlocks } from './full-blocks.ts'

export interface BlockStage extends AsyncDisposable {
  readonly binary: BitcoindBinary
  readonly node: RegtestNode
  readonly blocks: FullBlocks
  /** Where it publishes `hashblock`. */
  readonly hashblock: string
}

export async function startBlockStage({ progress, signal }: Pick<BenchContext, 'progress' | 'signal'>): Promise<BlockStage> {
  await using cleanup = new AsyncDisposableStack()
  const binary = await findBitcoind({ signal, onProgress: ({ message }) => progress(message) })
  const baseDir = await mkdtemp(join(tmpdir(), 'belfry-bench-'))
  cleanup.defer(() => rm(baseDir, { recursive: true }))
  const ports = await findFreePorts(['hashblock'])
  const hashblock = `tcp://127.0.0.1:${ports.hashblock}`
  const regtest = await startRegtest({ count: 1, baseDir, binary, extraArgs: [`-zmqpubhashblock=${hashblock}`] })
  cleanup.defer(() => regtest.stopAll())
  const blocks = await FullBlocks.start(regtest)
  const all = cleanup.move()
  return { binary, node: regtest.node(0), blocks, hashblock, [Symbol.asyncDispose]: () => all.disposeAsync() }
}
