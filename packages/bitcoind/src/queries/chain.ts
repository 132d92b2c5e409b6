import { type BlockHash, type Height, toHex } from '@belfry/protocol/primitives'
import { blockHash, bytes, Fields, list, text } from '../parse.ts'
import { RPC_INVALID_ADDRESS_OR_KEY, RPC_INVALID_PARAMETER } from '../rpc/codes.ts'
import type { CallOptions, RpcClient } from '../rpc/index.ts'
import { nullOn } from './absent.ts'

export interface BlockchainInfo {
  readonly chain: 'main' | 'test' | 'testnet4' | 'signet' | 'regtest'
  /** Height of the validated tip. */
  readonly blocks: Height
  /** Height of the best header, validated or not. */
  readonly headers: Height
  readonly bestBlockHash: BlockHash
  /** 0..1, an estimate. */
  readonly verificationProgress: number
  readonly initialBlockDownload: boolean
  readonly pruned: boolean
  /** The lowest block kept whole; null when not pruned. */
  readonly pruneHeight: Height | null
  /** 32 bytes, hex, big-endian. */
  readonly chainwork: string
}

export interface NetworkInfo {
  /** 290500 is 29.5.0. */
  readonly version: number
  /** BIP 14 user agent, such as `/Satoshi:29.5.0/Knots:20260508/`. */
  readonly subversion: string
  readonly networkActive: boolean
  readonly connections: number
  readonly warnings: readonly string[]
}

export interface BlockHeader {
  readonly hash: BlockHash
  readonly height: Height
  /** 1 at the tip, -1 outside the active chain. */
  readonly confirmations: number
  readonly merkleRoot: string
  /** Seconds since the Unix epoch, as the miner says. */
  readonly time_s: number
  readonly medianTime_s: number
  /** 32 bytes, hex, big-endian. */
  readonly chainwork: string
  readonly transactionCount: number
  /** null: genesis. */
  readonly previousBlockHash: BlockHash | null
  /** null: the tip, or outside the active chain. */
  readonly nextBlockHash: BlockHash | null
}

export interface ZmqNotification {
  /** `pubrawblock`, `pubrawtx`, `pubsequence`, … */
  readonly type: string
  readonly address: string
  /** High water mark: messages queued before some are lost. */
  readonly highWaterMark: number
}

export interface ChainQueries {
  getBlockchainInfo(options?: CallOptions): Promise<BlockchainInfo>
  getNetworkInfo(options?: CallOptions): Promise<NetworkInfo>
  getBestBlockHash(options?: CallOptions): Promise<BlockHash>
  /** @returns null above the tip */
  getBlockHash(height: number, options?: CallOptions): Promise<BlockHash | null>
  /** @returns null when bitcoind knows no such block */
  getBlockHeader(hash: BlockHash, options?: CallOptions): Promise<BlockHeader | null>
  /** The header as on the wire. @returns null when bitcoind knows no such block */
  getBlockHeaderBytes(hash: BlockHash, options?: CallOptions): Promise<Uint8Array | null>
  /**
   * Offers a header. Its block is then known to bitcoind, although it may lack the block itself.
   * @throws BitcoindError rpc-error -25 when it is invalid or does not connect
   */
  submitHeader(header: Uint8Array, options?: CallOptions): Promise<void>
  getZmqNotifications(options?: CallOptions): Promise<ZmqNotification[]>
}

/** More kinds of warning than bitcoind has. */
const MAX_WARNINGS = 20
const CHAINS = ['main', 'test', 'testnet4', 'signet', 'regtest'] as const

export function createChainQueries(rpc: RpcClient): ChainQueries {
  return {
    async getBlockchainInfo(options) {
      const info = new Fields(await rpc.call('getblockchaininfo', [], options), 'getblockchaininfo')
      const pruned = info.flag('pruned')
      return {
        chain: info.oneOf('chain', CHAINS),
        blocks: info.height('blocks'),
        headers: info.height('headers'),
        bestBlockHash: info.blockHash('bestblockhash'),
        verificationProgress: info.number('verificationprogress'),
        initialBlockDownload: info.flag('initialblockdownload'),
        pruned,
        pruneHeight: pruned && info.has('pruneheight') ? info.height('pruneheight') : null,
        chainwork: info.hex32('chainwork'),
      }
    },

    async getNetworkInfo(options) {
      const info = new Fields(await rpc.call('getnetworkinfo', [], options), 'getnetworkinfo')
      return {
        version: info.integer('version'),
        subversion: info.text('subversion'),
        networkActive: info.flag('networkactive'),
        connections: info.integer('connections'),
        // One text instead of a list with deprecatedrpc=warnings.
        warnings: info.isText('warnings') ? [info.text('warnings')].filter((warning) => warning !== '')
          : info.list('warnings', text).slice(0, MAX_WARNINGS),
      }
    },

    async getBestBlockHash(options) {
      return blockHash(await rpc.call('getbestblockhash', [], options), 'getbestblockhash')
    },

    async getBlockHash(height, options) {
      const hash = await nullOn(RPC_INVALID_PARAMETER, rpc.call('getblockhash', [height], options))
      return hash === null ? null : blockHash(hash, 'getblockhash')
    },

    async getBlockHeader(hash, options) {
      const header = await nullOn(RPC_INVALID_ADDRESS_OR_KEY, rpc.call('getblockheader', [hash, true], options))
      return header === null ? null : readHeader(new Fields(header, 'getblockheader'))
    },

    async getBlockHeaderBytes(hash, options) {
      const header = await nullOn(RPC_INVALID_ADDRESS_OR_KEY, rpc.call('getblockheader', [hash, false], options))
      return header === null ? null : bytes(header, 'getblockheader')
    },

    async submitHeader(header, options) {
      await rpc.call('submitheader', [toHex(header)], options)
    },

    async getZmqNotifications(options) {
      return list(await rpc.call('getzmqnotifications', [], options), 'getzmqnotifications', (value, what) => {
        const notification = new Fields(value, what)
        return {
          type: notification.text('type'),
          address: notification.text('address'),
          highWaterMark: notification.integer('hwm'),
        }
      })
    },
  }
}

function readHeader(header: Fields): BlockHeader {
  return {
    hash: header.blockHash('hash'),
    height: header.height('height'),
    confirmations: header.integer('confirmations'),
    merkleRoot: header.hex32('merkleroot'),
    time_s: header.integer('time'),
    medianTime_s: header.integer('mediantime'),
    chainwork: header.hex32('chainwork'),
    transactionCount: header.integer('nTx'),
    previousBlockHash: header.has('previousblockhash') ? header.blockHash('previousblockhash') : null,
    nextBlockHash: header.has('nextblockhash') ? header.blockHash('nextblockhash') : null,
  }
}
