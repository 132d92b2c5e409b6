import { SecretBytes } from '@belfry/keystore'
import { type Federation, MIN_ACTIVATION_DELAY } from '@belfry/protocol'
import { assertNever } from '@belfry/protocol/primitives'
import { type SignedRecoverySet, type SignedTransaction, type VaultPlan, scriptsOf } from '@belfry/vault'
import type { GuardedUnvault, GuardedVault, OpenRecoveryTransaction } from '../custody/bundle.ts'
import { ClientError } from '../errors.ts'

/** A guarded vault that holds its transactions in locked memory until it is disposed of. */
export interface OpenVault extends GuardedVault, Disposable {}

/**
 * One of Belfry's own vaults as the federation needs to know it.
 * @throws ClientError wrong-network
 */
export function guardedVaultOf(
  set: SignedRecoverySet,
  { name, federation }: { readonly name: string; readonly federation: Federation },
): OpenVault {
  const { plan, transactions } = set
  if (plan.network !== federation.network) {
    throw new ClientError(
      'wrong-network',
      `the vault is on ${plan.network}, the federation "${federation.name}" guards ${federation.network}`,
      'Enrol with a federation of the same network.',
    )
  }
  const secrets: SecretBytes[] = []
  const recovery = (one: SignedTransaction): OpenRecoveryTransaction => {
    const { txid, wtxid, vsize, fee, feerate, outputs_hash, raw } = one
    const secret = SecretBytes.from(raw)
    secrets.push(secret)
    return { txid, wtxid, vsize, fee, feerate, outputs_hash, raw: secret }
  }
  const ladder = (purpose: 'emergency' | 'dead-man') =>
    transactions.filter(({ place }) => place.purpose === purpose).map(recovery)
  return {
    name,
    deposit: { ...plan.deposit, script: scriptsOf(plan).deposit.script, funding: fundingOf(plan) },
    csv: plan.csv,
    act_at: plan.act_at,
    unvaults: transactions.flatMap((one) =>
      one.place.purpose === 'unvault' ? [unvaultOf(one, one.place.variant, transactions, recovery)] : [],
    ),
    emergency: ladder('emergency'),
    dead_man: ladder('dead-man'),
    activation_delay: MIN_ACTIVATION_DELAY[plan.network === 'regtest' ? 'regtest' : 'elsewhere'],
    [Symbol.dispose]: () => {
      for (const secret of secrets) secret.wipe()
    },
  }
}

function unvaultOf(
  { txid, vsize, fee }: SignedTransaction,
  variant: number,
  transactions: readonly SignedTransaction[],
  recovery: (one: SignedTransaction) => OpenRecoveryTransaction,
): GuardedUnvault {
  const of = (purpose: 'clawback' | 'anyone-can-pay' | 'anchored') =>
    transactions
      .filter(({ place }) => place.purpose === purpose && place.variant === variant)
      .map((one) => recovery(one))
  const [anyone_can_pay = null] = of('anyone-can-pay')
  const [anchored = null] = of('anchored')
  return { txid, vout: 0, vsize, fee, clawback: of('clawback'), anyone_can_pay, anchored }
}

/** The keys of an ephemeral set are destroyed once members hold it, and only then is the coin paid in. */
function fundingOf({ signing }: VaultPlan): GuardedVault['deposit']['funding'] {
  switch (signing) {
    case 'presigned':
      return 'confirmed'
    case 'ephemeral':
      return 'after-receipts'
    default:
      return assertNever(signing)
  }
}
