/** Which transactions bring the coin back, by what the armed manifests say. */
import type { SpendTx } from '../chain/index.ts'
import type { BumpMeans } from '../core/effects.ts'
import { type Rung, rungsOf, unvaultOutpoint } from '../custody/manifest.ts'
import { type Feerate, MAX_FEERATE, type Outpoint, type Txid } from '../primitives/index.ts'
import type { Vault } from '../state/durable.ts'
import { manifestsJudging } from './judging.ts'

export interface Recovery {
  readonly rung: Rung
  /** How a fee coin joins it; null for a rung of a ladder. */
  readonly means: BumpMeans | null
}

/**
 * What this spend of the outpoint recovers the coin with; null where it is none of ours. An A that somebody completed with a coin
 * has a txid of its own: it is known by its outputs, which its signatures cover, and by the outpoint.
 */
export function recoveryBy(vault: Vault, outpoint: Outpoint, tx: Pick<SpendTx, 'txid' | 'outputs_hash'>): Recovery | null {
  for (const { manifest } of manifestsJudging(vault, outpoint)) {
    for (const unvault of manifest.unvaults) {
      const { anyone_can_pay, anchored } = unvault
      if (anchored?.txid === tx.txid) return { rung: anchored, means: 'anchored' }
      if (anyone_can_pay === null || unvaultOutpoint(unvault) !== outpoint) continue
      const isCompleted = anyone_can_pay.outputs_hash === tx.outputs_hash
      if (anyone_can_pay.txid === tx.txid || isCompleted) {
        const rung = unvault.clawback.find(({ txid }) => txid === tx.txid)
        return rung ? { rung, means: null } : { rung: anyone_can_pay, means: 'anyone-can-pay' }
      }
    }
    const rung = rungsOf(manifest).find(({ txid }) => txid === tx.txid)
    if (rung) return { rung, means: null }
  }
  return null
}

/** What a recovery in my mempool or chain pays itself, without a child: sat/kvB. An A may have been joined with any riches. */
export function feerateOf({ rung, means }: Recovery, { fee, vsize }: SpendTx): Feerate {
  if (means !== 'anyone-can-pay' || fee === null) return rung.feerate
  return Math.min(MAX_FEERATE, Number((fee * 1_000n) / BigInt(vsize))) as Feerate
}

/** A recovery of this txid that stands on one of the vault's coins in my mempool or chain: so is a completed A known. */
export function standingRecovery(vault: Vault, txid: Txid): { readonly recovery: Recovery; readonly feerate: Feerate } | null {
  for (const [outpoint, { mempool, confirmed }] of vault.coins) {
    for (const tx of [confirmed?.tx, mempool]) {
      const recovery = tx?.txid === txid ? recoveryBy(vault, outpoint, tx) : null
      if (tx && recovery) return { recovery, feerate: feerateOf(recovery, tx) }
    }
  }
  return null
}
