import { type BlockHash, toHex } from '@belfry/protocol/primitives'
import { blockHash, Fields, list } from '../parse.ts'
import type { CallOptions, RpcClient } from '../rpc/index.ts'

/** Works in regtest only, where anybody mines at will. */
export interface MiningQueries {
  /** Mines `count` blocks with what is in the mempool. @returns their hashes, the oldest first */
  generateToAddress(count: number, address: string, options?: CallOptions): Promise<BlockHash[]>
  /** Mines one block with exactly these transactions. @throws BitcoindError rpc-error -25 when that block is invalid */
  generateBlock(address: string, transactions: readonly Uint8Array[], options?: CallOptions): Promise<BlockHash>
  /**
   * Treats a block, and all on top of it, as invalid. What is mined next must pay another address: see `freshAddress`.
   */
  invalidateBlock(hash: BlockHash, options?: CallOptions): Promise<void>
  /** Takes an invalidateBlock back. */
  reconsiderBlock(hash: BlockHash, options?: CallOptions): Promise<void>
}

export function createMiningQueries(rpc: RpcClient): MiningQueries {
  return {
    async generateToAddress(count, address, options) {
      return list(await rpc.call('generatetoaddress', [count, address], options), 'generatetoaddress', blockHash)
    },

    async generateBlock(address, transactions, options) {
      const hexes = transactions.map((transaction) => toHex(transaction))
      return new Fields(await rpc.call('generateblock', [address, hexes], options), 'generateblock').blockHash('hash')
    },

    async invalidateBlock(hash, options) {
      await rpc.call('invalidateblock', [hash], options)
    },

    async reconsiderBlock(hash, options) {
      await rpc.call('reconsiderblock', [hash], options)
    },
  }
}
