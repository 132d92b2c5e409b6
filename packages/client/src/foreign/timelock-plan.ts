/** A timelock-recovery plan (BIP-128) as a vault: docs/decisions says what of it a federation can hold, and why. */
import { type AcceptedTimelockPlan, type Network, blocksOf } from '@belfry/vault'
import { MIN_CSV } from '@belfry/protocol'
import type { Bitcoind } from '@belfry/bitcoind'
import { ClientError } from '../errors.ts'
import { findDeposit } from '../vault/deposit.ts'
import type { ForeignVault } from './custody-file.ts'

/**
 * The alert becomes the dead-man transaction of the one coin that it spends. The recovery stays with whoever it is for: no
 * member holds it, for until the lock has passed nobody can send it, and then anybody who has the plan can.
 * @throws ClientError plan-not-fit, deposit-not-found, deposit-differs; BitcoindError
 */
export async function vaultOfTimelockPlan(
  { alert, alert_raw, spent, lock }: AcceptedTimelockPlan,
  { network, bitcoind }: { readonly network: Network; readonly bitcoind: Bitcoind },
  signal?: AbortSignal,
): Promise<ForeignVault> {
  const [input, another] = alert.inputs
  if (!input || another) {
    throw new ClientError(
      'plan-not-fit',
      `the alert spends ${alert.inputs.length} coins; a vault is one coin, and members watch and recover each by itself`,
      'Bring the coins together in one, make the plan anew for it, and import that.',
    )
  }
  const { value, script } = await findDeposit(bitcoind, input.outpoint, signal)
  if (value !== spent) {
    throw new ClientError(
      'deposit-differs',
      `the coin ${input.outpoint} holds ${value} sat; by the plan's outputs and fee it would be ${spent} sat`,
      'Export the plan again from the wallet that made it.',
    )
  }
  const least = MIN_CSV[network === 'regtest' ? 'regtest' : 'elsewhere']
  return {
    network,
    deposit: { outpoint: input.outpoint, value: spent, script, funding: 'confirmed' },
    csv: Math.max(least, blocksOf(lock)),
    act_at: 'confirmation',
    unvaults: [],
    emergency: [],
    dead_man: [alert_raw],
  }
}
