import { type Feerate, outpointOf, type Txid } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import { type DeadMan, scriptsOf, type VaultPlan } from '../plan/plan.ts'
import { buildRecoverySet } from '../recovery-set/build.ts'
import type { PublicKey } from '../scripts/keys.ts'
import { coldSigners } from '../signing/cold-signers.ts'
import type { SignDigest } from '../transaction/signature.ts'
import { REPLACEABLE, type Spend, spendSigned, type SpendTerms } from './spend.ts'

/** That of the dead man's transaction: no other may spend it before it is mined (BIP-431). */
const TRUC_VERSION = 3

/**
 * What the heir can do with a coin in staging, once the dead man's transaction has `staging_csv` confirmations: pay it
 * anywhere.
 * @param dead_man_txid of one of the plan's dead-man rungs
 * @param to output script
 * @throws VaultError `spend-impossible` or `signature-invalid`
 */
export function buildHeirSpend(
  plan: VaultPlan,
  dead_man_txid: Txid,
  to: Uint8Array,
  feerate: Feerate,
  sign: SignDigest,
): Spend {
  const { coin, dead_man } = stagedCoin(plan, dead_man_txid)
  return spendSigned({ coin, branch: 'hot', keys: [dead_man.heir], sequence: dead_man.staging_csv, to, feerate, sign })
}

/**
 * What the owner can do with it at any time: take it back, when the silence was none.
 * @param keys the cold keys at hand; the first `threshold` of them in the plan's order sign
 * @throws VaultError `signatures-missing`, `spend-impossible` or `signature-invalid`
 */
export function buildStagingReturn(
  plan: VaultPlan,
  dead_man_txid: Txid,
  keys: readonly PublicKey[],
  to: Uint8Array,
  feerate: Feerate,
  sign: SignDigest,
): Spend {
  const signers = coldSigners(plan, keys)
  const { coin } = stagedCoin(plan, dead_man_txid)
  return spendSigned({ coin, branch: 'cold', keys: signers, sequence: REPLACEABLE, version: TRUC_VERSION, to, feerate, sign })
}

function stagedCoin(plan: VaultPlan, txid: Txid): Pick<SpendTerms, 'coin'> & { readonly dead_man: DeadMan } {
  const { staging } = scriptsOf(plan)
  const paid = buildRecoverySet(plan).find((item) => item.place.purpose === 'dead-man' && item.txid === txid)
  if (paid === undefined || staging === null || plan.dead_man === null) {
    throw new VaultError(
      'spend-impossible',
      `${txid} is no dead man's transaction of this plan`,
      'Name the txid of a dead-man rung of the plan.',
    )
  }
  return { coin: { outpoint: outpointOf(txid, 0), value: paid.pays.value, wsh: staging }, dead_man: plan.dead_man }
}
