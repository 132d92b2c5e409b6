import { SecretBytes } from '@belfry/keystore'
import { type Federation, MIN_ACTIVATION_DELAY } from '@belfry/protocol'
import { type SignedRecoverySet, type SignedTransaction, scriptsOf } from '@belfry/vault'
import type { GuardedVault, RecoveryTransaction } from '../custody/bundle.ts'
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
  const recovery = ({ txid, wtxid, vsize, fee, feerate, raw }: SignedTransaction): RecoveryTransaction => {
    const secret = SecretBytes.from(raw)
    secrets.push(secret)
    return { txid, wtxid, vsize, fee, feerate, raw: secret }
  }
  const clawbackOf = (variant: number): RecoveryTransaction[] =>
    transactions.flatMap((one) =>
      one.place.purpose === 'clawback' && one.place.variant === variant ? [recovery(one)] : [],
    )
  return {
    name,
    deposit: { ...plan.deposit, script: scriptsOf(plan).deposit.script, funding: 'confirmed' },
    csv: plan.csv,
    act_at: plan.act_at,
    unvaults: transactions.flatMap(({ place, txid, vsize, fee }) =>
      place.purpose === 'unvault' ? [{ txid, vout: 0, vsize, fee, clawback: clawbackOf(place.variant), anyone_can_pay: null, anchored: null }] : [],
    ),
    emergency: transactions.flatMap((one) => (one.place.purpose === 'emergency' ? [recovery(one)] : [])),
    dead_man: [],
    activation_delay: MIN_ACTIVATION_DELAY[plan.network === 'regtest' ? 'regtest' : 'elsewhere'],
    [Symbol.dispose]: () => {
      for (const secret of secrets) secret.wipe()
    },
  }
}
