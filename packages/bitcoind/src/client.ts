import { type BlockQueries, createBlockQueries } from './queries/blocks.ts'
import { type Broadcasting, createBroadcasting } from './queries/broadcast.ts'
import { type ChainQueries, createChainQueries } from './queries/chain.ts'
import { createMempoolQueries, type MempoolQueries } from './queries/mempool.ts'
import { createMiningQueries, type MiningQueries } from './queries/mining.ts'
import { createTransactionQueries, type TransactionQueries } from './queries/transactions.ts'
import { createRestClient } from './rest/index.ts'
import { createRpcClient, type RpcClient, type RpcClientOptions } from './rpc/index.ts'

/**
 * bitcoind as Belfry sees it: every answer parsed, amounts in satoshis, feerates in sat/kvB, hashes and txids in RPC
 * order. Every method but those of Broadcasting throws BitcoindError.
 */
export interface Bitcoind
  extends ChainQueries, BlockQueries, MempoolQueries, TransactionQueries, MiningQueries, Broadcasting {
  /** For what the typed methods lack. */
  readonly rpc: RpcClient
  close(): void
}

/** Nothing is sent before the first call. */
export function connectBitcoind(options: RpcClientOptions): Bitcoind {
  const rpc = createRpcClient(options)
  const rest = createRestClient(options)
  const transactions = createTransactionQueries(rpc)
  return {
    ...createChainQueries(rpc),
    ...createBlockQueries(rpc, rest),
    ...createMempoolQueries(rpc),
    ...transactions,
    ...createMiningQueries(rpc),
    ...createBroadcasting(transactions),
    rpc,
    close: () => {
      rpc.close()
      rest.close()
    },
  }
}
