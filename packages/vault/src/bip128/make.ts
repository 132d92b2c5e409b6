/** Two finished transactions as a plan that other wallets and services read. */
import { type Sats, splitOutpoint, toHex } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import { addressOfScript } from '../scripts/address.ts'
import type { Network } from '../scripts/network.ts'
import { type DecodedTransaction, decodeTransaction } from '../transaction/decode.ts'
import { type AcceptedTimelockPlan, acceptTimelockPlan } from './accept.ts'
import type { RecoveryOutput, TimelockPlan } from './plan.ts'
import { daysOf, isPlannable, relativeLockOf } from './timelock.ts'

export interface TimelockPlanInit {
  readonly network: Network
  readonly id: string
  readonly name: string
  readonly description: string | null
  /** ISO 8601 with its offset. */
  readonly created_at: string
  /** The program that makes the plan. */
  readonly software_version: string
  /** Serialised with witness; no anchors, one output. */
  readonly alert: Uint8Array
  /** What the alert's inputs hold together. */
  readonly spent: Sats
  readonly recovery: Uint8Array
}

/** @throws VaultError timelock-plan-impossible where two transactions are none, timelock-plan-refused, transaction-malformed */
export function makeTimelockPlan(init: TimelockPlanInit): AcceptedTimelockPlan {
  const alert = decodeTransaction(init.alert)
  const recovery = decodeTransaction(init.recovery)
  const [input] = recovery.inputs
  const coin = input && alert.outputs[splitOutpoint(input.outpoint).vout]
  const lock = input && relativeLockOf(input.sequence)
  if (!input || !coin || !lock) throw impossible('the recovery does not spend the alert after a relative lock')
  const days = daysOf(lock)
  if (!isPlannable(days)) throw impossible(`a plan waits 2 to 388 days, this recovery ${days}`)
  const plan: TimelockPlan = {
    kind: 'timelock-recovery-plan',
    id: init.id,
    name: init.name,
    description: init.description,
    created_at: init.created_at,
    plugin_version: init.software_version,
    wallet_version: init.software_version,
    wallet_name: 'Belfry',
    wallet_kind: 'belfry',
    timelock_days: days,
    anchor_amount_sats: 0n as Sats,
    anchor_addresses: [],
    alert_address: addressOf(coin.script, init.network),
    alert_inputs: alert.inputs.map(({ outpoint }) => outpoint),
    alert_tx: toHex(init.alert).toUpperCase(),
    alert_txid: alert.txid,
    alert_fee: feeOf(init.spent, alert),
    alert_weight: alert.weight,
    recovery_tx: toHex(init.recovery).toUpperCase(),
    recovery_txid: recovery.txid,
    recovery_fee: feeOf(coin.value, recovery),
    recovery_weight: recovery.weight,
    recovery_outputs: recovery.outputs.map(
      ({ script, value }): RecoveryOutput => ({ address: addressOf(script, init.network), value, label: null }),
    ),
    metadata: null,
  }
  return acceptTimelockPlan(plan, init.network)
}

function feeOf(spent: Sats, { outputs }: DecodedTransaction): Sats {
  const fee = outputs.reduce((rest, { value }) => rest - value, spent as bigint)
  if (fee < 0n) throw impossible('a transaction pays more than it spends')
  return fee as Sats
}

function addressOf(script: Uint8Array, network: Network): string {
  const address = addressOfScript(script, network)
  if (address === undefined) throw impossible('an output has no address')
  return address
}

function impossible(why: string): VaultError {
  return new VaultError(
    'timelock-plan-impossible',
    `this cannot be written as a timelock-recovery plan: ${why}`,
    'Keep the recovery set itself; Belfry recovers with it.',
  )
}
