import {
  type BlockHash, type Feerate, type Outpoint, type Sats, splitOutpoint, toHex, type Txid,
} from '@belfry/protocol/primitives'
import { bytes, Fields, list, txid } from '../parse.ts'
import { RPC_INTERNAL_ERROR, RPC_INVALID_ADDRESS_OR_KEY } from '../rpc/codes.ts'
import type { CallOptions, RpcClient } from '../rpc/index.ts'
import { nullOn } from './absent.ts'

export interface UnspentOutput {
  readonly value: Sats
  readonly script: Uint8Array
  /** 0: in the mempool. */
  readonly confirmations: number
  /** The tip that this was true at. */
  readonly bestBlock: BlockHash
  readonly coinbase: boolean
}

export interface PackageResult {
  /** bitcoind's word on the whole: answers.ts reads it. */
  readonly message: string
  /** In the order given. */
  readonly transactions: readonly { readonly txid: Txid; readonly error: string | null }[]
}

export interface MempoolAcceptance {
  readonly txid: Txid
  /** null: not looked at, because another one of the package failed. */
  readonly allowed: boolean | null
  readonly rejectReason: string | null
  readonly packageError: string | null
}

export interface TransactionQueries {
  /**
   * From the mempool, the transaction index (`txindex=1`), or the block that is said to hold it.
   * @returns null when bitcoind finds no such transaction there
   */
  getRawTransaction(id: Txid, options?: CallOptions & { readonly block?: BlockHash }): Promise<Uint8Array | null>
  /** @returns null when spent or unknown; with `includeMempool`, also when only the mempool spends it */
  getTxOut(outpoint: Outpoint, includeMempool: boolean, options?: CallOptions): Promise<UnspentOutput | null>
  /** @returns null when bitcoind has seen too little to tell, or tells none (`blocksonly=1`) */
  estimateSmartFee(blocks: number, options?: CallOptions): Promise<Feerate | null>
  /** @throws BitcoindError rpc-error when refused: see `broadcast` */
  sendRawTransaction(transaction: Uint8Array, options?: CallOptions): Promise<Txid>
  /** Parents first, the child last. @throws BitcoindError rpc-error when it is no package: see `broadcastPackage` */
  submitPackage(transactions: readonly Uint8Array[], options?: CallOptions): Promise<PackageResult>
  /** In the order given. @throws BitcoindError rpc-error when one does not decode: see `testAccept` */
  testMempoolAccept(transactions: readonly Uint8Array[], options?: CallOptions): Promise<MempoolAcceptance[]>
}

/**
 * No bound on the feerate: what is sent here was signed beforehand, and its fee was checked then. A rung of 1,000
 * sat/vB is at bitcoind's default bound.
 */
const NO_MAX_FEERATE = 0

export function createTransactionQueries(rpc: RpcClient): TransactionQueries {
  return {
    async getRawTransaction(id, options) {
      const params = options?.block === undefined ? [id, false] : [id, false, options.block]
      const hex = await nullOn(RPC_INVALID_ADDRESS_OR_KEY, rpc.call('getrawtransaction', params, options))
      return hex === null ? null : bytes(hex, 'getrawtransaction')
    },

    async getTxOut(outpoint, includeMempool, options) {
      const { txid, vout } = splitOutpoint(outpoint)
      const answer = await rpc.call('gettxout', [txid, vout, includeMempool], options)
      return answer === null ? null : readUnspentOutput(new Fields(answer, 'gettxout'))
    },

    async estimateSmartFee(blocks, options) {
      const answer = await nullOn(RPC_INTERNAL_ERROR, rpc.call('estimatesmartfee', [blocks], options))
      if (answer === null) return null
      const estimate = new Fields(answer, 'estimatesmartfee')
      return estimate.has('feerate') ? estimate.feerate('feerate') : null
    },

    async sendRawTransaction(transaction, options) {
      const answer = await rpc.call('sendrawtransaction', [toHex(transaction), NO_MAX_FEERATE], options)
      return txid(answer, 'sendrawtransaction')
    },

    async submitPackage(transactions, options) {
      const hexes = transactions.map((transaction) => toHex(transaction))
      const answer = new Fields(await rpc.call('submitpackage', [hexes, NO_MAX_FEERATE], options), 'submitpackage')
      return {
        message: answer.text('package_msg'),
        transactions: answer.object('tx-results').entries().map(([, value]) => {
          const result = new Fields(value, 'tx-results of submitpackage')
          return { txid: result.txid('txid'), error: result.has('error') ? result.text('error') : null }
        }),
      }
    },

    async testMempoolAccept(transactions, options) {
      const hexes = transactions.map((transaction) => toHex(transaction))
      const answer = await rpc.call('testmempoolaccept', [hexes, NO_MAX_FEERATE], options)
      return list(answer, 'testmempoolaccept', readAcceptance)
    },
  }
}

function readUnspentOutput(output: Fields): UnspentOutput {
  return {
    value: output.sats('value'),
    script: output.object('scriptPubKey').bytes('hex'),
    confirmations: output.integer('confirmations'),
    bestBlock: output.blockHash('bestblock'),
    coinbase: output.flag('coinbase'),
  }
}

function readAcceptance(value: unknown, what: string): MempoolAcceptance {
  const result = new Fields(value, what)
  return {
    txid: result.txid('txid'),
    allowed: result.has('allowed') ? result.flag('allowed') : null,
    rejectReason: result.has('reject-reason') ? result.text('reject-reason') : null,
    packageError: result.has('package-error') ? result.text('package-error') : null,
  }
}
