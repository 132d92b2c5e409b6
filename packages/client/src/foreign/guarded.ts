import { SecretBytes } from '@belfry/keystore'
import { type Federation, MIN_ACTIVATION_DELAY } from '@belfry/protocol'
import { ClientError } from '../errors.ts'
import type { OpenVault } from '../vault/guarded-vault.ts'
import type { CheckedTransaction, CheckedVault } from './check.ts'

/**
 * A vault of another scheme as the federation needs to know it.
 * @throws ClientError wrong-network
 */
export function guardedForeignVault(
  vault: CheckedVault,
  { name, federation }: { readonly name: string; readonly federation: Federation },
): OpenVault {
  const { network, deposit, csv, act_at, unvaults, emergency, dead_man } = vault
  if (network !== federation.network) {
    throw new ClientError(
      'wrong-network',
      `the vault is on ${network}, the federation "${federation.name}" guards ${federation.network}`,
      'Enrol with a federation of the same network.',
    )
  }
  const secrets: SecretBytes[] = []
  const recovery = ({ txid, wtxid, vsize, fee, feerate, raw: bytes }: CheckedTransaction) => {
    const raw = SecretBytes.from(bytes)
    secrets.push(raw)
    return { txid, wtxid, vsize, fee, feerate, raw }
  }
  return {
    name,
    deposit,
    csv,
    act_at,
    unvaults: unvaults.map(({ txid, vout, vsize, fee, clawback }) => ({
      txid,
      vout,
      vsize,
      fee,
      clawback: clawback.map(recovery),
      anyone_can_pay: null,
      anchored: null,
    })),
    emergency: emergency.map(recovery),
    dead_man: dead_man.map(recovery),
    activation_delay: MIN_ACTIVATION_DELAY[network === 'regtest' ? 'regtest' : 'elsewhere'],
    [Symbol.dispose]: () => {
      for (const secret of secrets) secret.wipe()
    },
  }
}
