import { BitcoindError, type BlockQueries, type CallOptions, isRpcFault } from '@belfry/bitcoind'
import type { BlockHash } from '@belfry/protocol/primitives'
import type { BlockOutcome, BlockSource, NotThere } from './block-source.ts'

/** RPC_MISC_ERROR: getblock of a block that is pruned, or not fetched yet. */
const RPC_MISC_ERROR = -1

/** bitcoind's REST interface: as fast as its disk. Off unless bitcoind has `rest=1`. */
export function createRestSource(bitcoind: Pick<BlockQueries, 'getBlockOverRest'>): BlockSource {
  return {
    name: 'rest',
    isComplete: true,
    fetch: (hash, options) => outcomeOf(bitcoind.getBlockOverRest(hash, options), 'unsaid'),
  }
}

/** RPC, in hex: always there, and more than ten times as slow. */
export function createRpcSource(bitcoind: Pick<BlockQueries, 'getBlockOverRpc'>): BlockSource {
  return {
    name: 'rpc',
    isComplete: true,
    fetch: (hash, options) => outcomeOf(overRpc(bitcoind, hash, options), 'unknown'),
  }
}

async function overRpc(
  bitcoind: Pick<BlockQueries, 'getBlockOverRpc'>, hash: BlockHash, options?: CallOptions,
): Promise<Uint8Array | null | 'not-stored'> {
  try {
    return await bitcoind.getBlockOverRpc(hash, options)
  } catch (error) {
    if (isRpcFault(error, RPC_MISC_ERROR)) return 'not-stored'
    throw error
  }
}

async function outcomeOf(answer: Promise<Uint8Array | null | 'not-stored'>, ifNull: NotThere): Promise<BlockOutcome> {
  try {
    const bytes = await answer
    if (bytes === 'not-stored') return { kind: 'not-there', reason: 'not-stored' }
    return bytes === null ? { kind: 'not-there', reason: ifNull } : { kind: 'block', bytes }
  } catch (error) {
    if (!(error instanceof BitcoindError) || error.code === 'aborted') throw error
    return { kind: 'not-now', error }
  }
}
