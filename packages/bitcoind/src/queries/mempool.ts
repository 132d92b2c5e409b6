import {
  type Feerate, type Height, type Outpoint, outpointOf, type Sats, splitOutpoint, type Txid,
} from '@belfry/protocol/primitives'
import { BitcoindError } from '../errors.ts'
import { Fields, list, txid } from '../parse.ts'
import { RPC_INVALID_ADDRESS_OR_KEY } from '../rpc/codes.ts'
import type { CallOptions, RpcClient } from '../rpc/index.ts'
import { nullOn } from './absent.ts'

export interface RawMempool {
  readonly txids: readonly Txid[]
  /** The sequence number of the next event on ZMQ `sequence` that this list does not contain yet. */
  readonly mempoolSequence: number
}

export interface MempoolEntry {
  readonly vsize: number
  readonly weight: number
  /** Seconds since the Unix epoch. */
  readonly time_s: number
  /** The tip's height when it entered. */
  readonly height: Height
  readonly fee: Sats
  /** This transaction with its unconfirmed ancestors: together, and how many, itself included. */
  readonly ancestors: MempoolFamily
  /** This transaction with its unconfirmed descendants: together, and how many, itself included. */
  readonly descendants: MempoolFamily
  /** Unconfirmed parents. */
  readonly depends: readonly Txid[]
  /** Children in the mempool. */
  readonly spentBy: readonly Txid[]
  /** Given to this bitcoind directly and not yet fetched by any peer. */
  readonly unbroadcast: boolean
}

export interface MempoolFamily {
  readonly count: number
  readonly vsize: number
  readonly fee: Sats
}

export interface MempoolInfo {
  /** The mempool of the last run has been read back. */
  readonly loaded: boolean
  readonly size: number
  /** Sum of virtual sizes. */
  readonly bytes: number
  readonly maxMempool: number
  /** What the mempool takes now: never below minRelayFeerate. */
  readonly minFeerate: Feerate
  readonly minRelayFeerate: Feerate
  /** What a replacement must add. */
  readonly incrementalRelayFeerate: Feerate
}

export interface PrevoutSpender {
  readonly outpoint: Outpoint
  /** The mempool transaction that spends it; null: none. */
  readonly spender: Txid | null
}

export interface MempoolQueries {
  getRawMempool(options?: CallOptions): Promise<RawMempool>
  /** @returns null when it is not in the mempool */
  getMempoolEntry(id: Txid, options?: CallOptions): Promise<MempoolEntry | null>
  getMempoolInfo(options?: CallOptions): Promise<MempoolInfo>
  /** In the order asked; of the mempool only, never of the chain. */
  getTxSpendingPrevout(outpoints: readonly Outpoint[], options?: CallOptions): Promise<PrevoutSpender[]>
}

export function createMempoolQueries(rpc: RpcClient): MempoolQueries {
  return {
    async getRawMempool(options) {
      const mempool = new Fields(await rpc.call('getrawmempool', [false, true], options), 'getrawmempool')
      return { txids: mempool.list('txids', txid), mempoolSequence: mempool.integer('mempool_sequence') }
    },

    async getMempoolEntry(id, options) {
      const entry = await nullOn(RPC_INVALID_ADDRESS_OR_KEY, rpc.call('getmempoolentry', [id], options))
      return entry === null ? null : readEntry(new Fields(entry, 'getmempoolentry'))
    },

    async getMempoolInfo(options) {
      const info = new Fields(await rpc.call('getmempoolinfo', [], options), 'getmempoolinfo')
      return {
        loaded: info.flag('loaded'),
        size: info.integer('size'),
        bytes: info.integer('bytes'),
        maxMempool: info.integer('maxmempool'),
        minFeerate: info.feerate('mempoolminfee'),
        minRelayFeerate: info.feerate('minrelaytxfee'),
        incrementalRelayFeerate: info.feerate('incrementalrelayfee'),
      }
    },

    async getTxSpendingPrevout(outpoints, options) {
      if (outpoints.length === 0) return []
      const asked = outpoints.map((outpoint) => splitOutpoint(outpoint))
      const answer = await rpc.call('gettxspendingprevout', [asked], options)
      const byOutpoint = new Map(list(answer, 'gettxspendingprevout', readSpender).map((one) => [one.outpoint, one]))
      return outpoints.map((outpoint) => {
        const spender = byOutpoint.get(outpoint)
        if (spender !== undefined) return spender
        throw new BitcoindError('malformed-answer', 'gettxspendingprevout left out an outpoint')
      })
    },
  }
}

function readEntry(entry: Fields): MempoolEntry {
  const fees = entry.object('fees')
  const family = (name: 'ancestor' | 'descendant'): MempoolFamily => ({
    count: entry.integer(`${name}count`),
    vsize: entry.integer(`${name}size`),
    fee: fees.sats(name),
  })
  return {
    vsize: entry.integer('vsize'),
    weight: entry.integer('weight'),
    time_s: entry.integer('time'),
    height: entry.height('height'),
    fee: fees.sats('base'),
    ancestors: family('ancestor'),
    descendants: family('descendant'),
    depends: entry.list('depends', txid),
    spentBy: entry.list('spentby', txid),
    unbroadcast: entry.flag('unbroadcast'),
  }
}

function readSpender(value: unknown, what: string): PrevoutSpender {
  const one = new Fields(value, what)
  return {
    outpoint: outpointOf(one.txid('txid'), one.integer('vout')),
    spender: one.has('spendingtxid') ? one.txid('spendingtxid') : null,
  }
}
