import type { BlockHash } from '@belfry/protocol/primitives'
import { BitcoindError, isRpcFault } from '../errors.ts'
import type { RestClient } from '../rest/index.ts'
import { RPC_INVALID_ADDRESS_OR_KEY } from '../rpc/codes.ts'
import type { CallOptions, RpcClient } from '../rpc/index.ts'

export interface BlockQueries {
  /**
   * The block as on the wire, over REST: 3 ms for a full one.
   * @returns null where REST is off or kept back, and where bitcoind knows no such block or does not have it
   */
  getBlockOverRest(hash: BlockHash, options?: CallOptions): Promise<Uint8Array | null>
  /**
   * The block as on the wire, over RPC, in hex: 50 ms for a full one, nearly all of it processor time.
   * @returns null when bitcoind knows no such block
   * @throws BitcoindError rpc-error -1 when bitcoind has the header only, or has pruned the block
   */
  getBlockOverRpc(hash: BlockHash, options?: CallOptions): Promise<Uint8Array | null>
}

export function createBlockQueries(rpc: RpcClient, rest: RestClient): BlockQueries {
  return {
    getBlockOverRest: (hash, options) => rest.get(`/rest/block/${hash}.bin`, options),

    async getBlockOverRpc(hash, options) {
      try {
        return decoded(await rpc.call('getblock', [hash, 0], options))
      } catch (error) {
        if (isRpcFault(error, RPC_INVALID_ADDRESS_OR_KEY)) return null
        throw error
      }
    },
  }
}

/** By Node's own decoder: megabytes of hex are where it counts. It stops at what is no hex. */
function decoded(hex: unknown): Uint8Array {
  if (typeof hex === 'string') {
    const { buffer, byteOffset, length } = Buffer.from(hex, 'hex')
    if (2 * length === hex.length) return new Uint8Array(buffer, byteOffset, length)
  }
  throw new BitcoindError('malformed-answer', 'bitcoind\'s answer to getblock is not bytes in hex')
}
