import { type Feerate, outpointOf, type Sats, type Txid } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import { scriptsOf, type VaultPlan } from '../plan/plan.ts'
import { buildRecoverySet } from '../recovery-set/build.ts'
import type { SignDigest } from '../transaction/signature.ts'
import { type Spend, spendSigned } from './spend.ts'

/**
 * What the hot key can do with an unvaulted coin, be its holder the owner or a thief: pay it anywhere, once the unvault
 * has `csv` confirmations.
 * @param unvault_txid of one of the plan's unvault variants
 * @param to output script
 * @throws VaultError `spend-impossible` or `signature-invalid`
 */
export function buildHotSpend(
  plan: VaultPlan,
  unvault_txid: Txid,
  to: Uint8Array,
  feerate: Feerate,
  sign: SignDigest,
): Spend {
  const { unvault } = scriptsOf(plan)
  const outpoint = outpointOf(unvault_txid, 0)
  const coin = { outpoint, value: unvaultedValue(plan, unvault_txid), wsh: unvault }
  return spendSigned({ coin, branch: 'hot', keys: [plan.hot], sequence: plan.csv, to, feerate, sign })
}

function unvaultedValue(plan: VaultPlan, txid: Txid): Sats {
  const unvault = buildRecoverySet(plan).find((item) => item.place.purpose === 'unvault' && item.txid === txid)
  if (unvault !== undefined) return unvault.pays.value
  throw new VaultError(
    'spend-impossible',
    `${txid} is no unvault of this plan`,
    'Name the txid that unvault.json gives.',
  )
}
