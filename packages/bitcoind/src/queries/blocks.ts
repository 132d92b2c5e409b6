import type { BlockHash } from '@belfry/protocol/primitives'
import { bytes } from '../parse.ts'
import { RPC_INVALID_ADDRESS_OR_KEY } from '../rpc/codes.ts'
import type { CallOptions, RpcClient } from '../rpc/index.ts'
import { nullOn } from './absent.ts'

export interface BlockQueries {
  /**
   * The block as on the wire: over REST where it is on (3 ms for a full block), else over RPC (60 ms).
   * @returns null when bitcoind knows no such block
   * @throws BitcoindError rpc-error -1 when bitcoind has the header only, or has pruned the block
   */
  getBlockBytes(hash: BlockHash, options?: CallOptions): Promise<Uint8Array | null>
}

/** After REST turned out to be off, so many blocks are asked for over RPC before REST is tried again. */
const BLOCKS_BEFORE_REST_IS_TRIED_AGAIN = 1000

export function createBlockQueries(rpc: RpcClient): BlockQueries {
  let blocksWithoutRest = 0

  async function overRpc(hash: BlockHash, options?: CallOptions): Promise<Uint8Array | null> {
    const hex = await nullOn(RPC_INVALID_ADDRESS_OR_KEY, rpc.call('getblock', [hash, 0], options))
    return hex === null ? null : bytes(hex, 'getblock')
  }

  return {
    async getBlockBytes(hash, options) {
      if (blocksWithoutRest > 0) {
        blocksWithoutRest -= 1
        return overRpc(hash, options)
      }
      const overRest = await rpc.rest(`/rest/block/${hash}.bin`, options)
      if (overRest !== null) return overRest
      const block = await overRpc(hash, options)
      // RPC has what REST did not find: REST is off.
      if (block !== null) blocksWithoutRest = BLOCKS_BEFORE_REST_IS_TRIED_AGAIN
      return block
    },
  }
}
