/** Transactions as far as the simulation needs them: one input, one output, and bytes that hash to their ids. */
import type { Hasher, SpendTx } from '@belfry/protocol'
import { type Feerate, type Hash32, type Outpoint, type Sats, type Txid, concat, outpointOf, sats, toHex, utf8 } from '@belfry/protocol/primitives'

export type Purpose = 'deposit' | 'unvault' | 'clawback' | 'emergency' | 'fee-child' | 'hot-spend' | 'cold-spend'

export interface SimTx {
  readonly purpose: Purpose
  readonly txid: Txid
  readonly spends: Outpoint
  readonly output: Outpoint
  readonly feerate: Feerate
  readonly fee: Sats
  readonly vsize: number
  /** BIP-68: blocks that the output spent must have been confirmed; 0 for none. */
  readonly csv: number
  /** As a member's follower tells it. */
  readonly spend: SpendTx
}

export interface TxInit {
  readonly purpose: Purpose
  /** Tells apart transactions that would be alike otherwise. */
  readonly label: string
  readonly spends: Outpoint
  readonly feerate: number
  readonly vsize: number
  readonly csv?: number
}

export function makeTx(hasher: Hasher, { purpose, label, spends, feerate, vsize, csv = 0 }: TxInit): SimTx {
  const raw = utf8(`${purpose}/${label}/${spends}/${feerate}/${vsize}/${csv}`)
  const txid = doubleHash(hasher, concat(utf8('without witness'), raw)) as Txid
  const fee = sats(Math.ceil((feerate * vsize) / 1_000))
  const outputs_hash = doubleHash(hasher, concat(utf8('outputs'), raw)) as Hash32
  const spend: SpendTx = { txid, wtxid: doubleHash(hasher, raw) as Txid, vsize, fee, outputs_hash, raw }
  return { purpose, txid, spends, output: outpointOf(txid, 0), feerate: feerate as Feerate, fee, vsize, csv, spend }
}

/** ALL|ANYONECANPAY: the same outputs, with a coin that pays. */
export function completedBy(hasher: Hasher, open: SimTx, label: string, { feerate, vsize }: Pick<TxInit, 'feerate' | 'vsize'>): SimTx {
  const tx = makeTx(hasher, { purpose: open.purpose, label, spends: open.spends, feerate, vsize })
  return { ...tx, spend: { ...tx.spend, outputs_hash: open.spend.outputs_hash } }
}

/** Double SHA-256 in RPC order. */
function doubleHash(hasher: Hasher, bytes: Uint8Array): string {
  return toHex(hasher.sha256(hasher.sha256(bytes)).toReversed())
}
