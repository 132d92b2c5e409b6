/** What a plan's two transactions really do, against all that the plan says of them. */
import { equalBytes, fromHex, outpointOf, splitOutpoint, type Outpoint, type Sats } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import { scriptOfAddress } from '../scripts/address.ts'
import { ANCHOR_SCRIPT } from '../scripts/anchor.ts'
import type { Network } from '../scripts/network.ts'
import { isWhollySigned } from '../transaction/commitment.ts'
import { type DecodedTransaction, decodeTransaction } from '../transaction/decode.ts'
import { isLockedBeyond } from './locktime.ts'
import type { TimelockPlan } from './plan.ts'
import { signatureVerdict } from './signatures.ts'
import { type RelativeLock, daysOf, relativeLockOf } from './timelock.ts'

/** A plan that is what it says. */
export interface AcceptedTimelockPlan {
  readonly plan: TimelockPlan
  readonly alert: DecodedTransaction
  /** Serialised with witness: whoever has it can begin the recovery. */
  readonly alert_raw: Uint8Array
  readonly recovery: DecodedTransaction
  readonly recovery_raw: Uint8Array
  /** What the recovery spends. */
  readonly alert_outpoint: Outpoint
  /** Of all inputs of the alert together, if `alert_fee` is true: the plan has nothing else to say so. */
  readonly spent: Sats
  readonly lock: RelativeLock
  /** Whether the recovery's signatures were seen to be valid; else its script is none that is read here. */
  readonly recovery_verified: boolean
}

/** Pay-to-anchor (BIP-433) has an address of its own on each network. */
const ANCHOR_ADDRESSES: Readonly<Record<Network, string>> = {
  mainnet: 'bc1pfeessrawgf',
  testnet4: 'tb1pfees9rn5nz',
  signet: 'tb1pfees9rn5nz',
  regtest: 'bcrt1pfeesnyr2tx',
}

/** @throws VaultError timelock-plan-refused with all that is wrong, transaction-malformed, transaction-too-large */
export function acceptTimelockPlan(plan: TimelockPlan, network: Network): AcceptedTimelockPlan {
  const [alert_raw, recovery_raw] = [plan.alert_tx, plan.recovery_tx].map((hex) => fromHex(hex.toLowerCase()))
  if (!alert_raw || !recovery_raw) throw new TypeError('two transactions give two')
  const alert = decodeTransaction(alert_raw)
  const recovery = decodeTransaction(recovery_raw)
  const wrong = [
    ...commonFaults('alert', alert_raw, alert, plan, network),
    ...alertFaults(plan, alert, network),
    ...commonFaults('recovery', recovery_raw, recovery, plan, network),
    ...recoveryFaults(plan, alert, recovery, network),
  ]
  const spent = (sum(alert) + plan.alert_fee) as Sats
  const input = recovery.inputs[0]
  const coin = input && alert.outputs[splitOutpoint(input.outpoint).vout]
  const verdict = coin && wrong.length === 0 ? signatureVerdict(recovery_raw, coin) : 'unknown'
  if (verdict === 'invalid') wrong.push('the recovery is not signed by the keys of the alert address, so that it could never be sent')
  const lock = input ? relativeLockOf(input.sequence) : null
  if (wrong.length > 0 || !input || lock === null) throw refused(wrong)
  return {
    plan,
    alert,
    alert_raw,
    recovery,
    recovery_raw,
    alert_outpoint: input.outpoint,
    spent,
    lock,
    recovery_verified: verdict === 'valid',
  }
}

function refused(wrong: readonly string[]): VaultError {
  return new VaultError(
    'timelock-plan-refused',
    `the timelock-recovery plan is not what it says: ${wrong.join('; ')}`,
    'Do not rely on this plan; make it again in the wallet that it is for.',
  )
}

function sum({ outputs }: DecodedTransaction): Sats {
  return outputs.reduce((all, { value }) => all + value, 0n) as Sats
}

/** What would keep either from being sent, or let others change it. */
function commonFaults(
  name: 'alert' | 'recovery',
  raw: Uint8Array,
  transaction: DecodedTransaction,
  { created_at }: TimelockPlan,
  network: Network,
): string[] {
  const wrong: string[] = []
  if (!isWhollySigned(raw))
    wrong.push(`a signature of the ${name} does not cover all of it (SIGHASH_ALL), or is missing, so that others could change what it pays`)
  if (isLockedBeyond(transaction, created_at, network))
    wrong.push(`the ${name} is locked until ${transaction.locktime}, which is later than the plan`)
  return wrong
}

function alertFaults(plan: TimelockPlan, alert: DecodedTransaction, network: Network): string[] {
  const wrong: string[] = []
  const inputs = alert.inputs.map(({ outpoint }) => outpoint)
  if (alert.txid !== plan.alert_txid) wrong.push('alert_txid is not that of alert_tx')
  if (alert.weight !== plan.alert_weight) wrong.push(`alert_tx has ${alert.weight} weight units, not alert_weight`)
  if (inputs.toSorted().join() !== plan.alert_inputs.toSorted().join()) wrong.push('alert_tx does not spend alert_inputs')
  if (!isUnmalleable(alert))
    wrong.push('the alert spends coins that are not segwit, so that others can change its txid and void the recovery')
  const anchors = plan.anchor_addresses.map((address) => scriptOf(address, network))
  const own = scriptOf(plan.alert_address, network)
  if (own === null || anchors.includes(null)) return [...wrong, `alert_address or an anchor address is none of ${network}`]
  const others = alert.outputs.filter(({ script }) => !equalBytes(script, own))
  const paying = alert.outputs.length - others.length
  if (paying === 0) wrong.push('the alert does not pay to alert_address')
  if (paying > 1) wrong.push('the alert pays to alert_address more than once, and the recovery takes one of these coins only')
  const isAnchor = ({ script, value }: (typeof others)[number]) =>
    value === plan.anchor_amount_sats && anchors.some((anchor) => anchor !== null && equalBytes(anchor, script))
  if (!others.every(isAnchor)) wrong.push('the alert pays to others than alert_address and the anchors, or another amount')
  return wrong
}

/** Segwit inputs sign their txid. A scriptSig is then empty, or the one push that nested segwit demands (BIP-141). */
function isUnmalleable({ inputs, txid, wtxid }: DecodedTransaction): boolean {
  const isNested = (bytes: Uint8Array) =>
    (bytes.length === 23 && bytes[0] === 22 && bytes[1] === 0 && bytes[2] === 20) ||
    (bytes.length === 35 && bytes[0] === 34 && bytes[1] === 0 && bytes[2] === 32)
  return txid !== wtxid && inputs.every(({ script_sig }) => script_sig.length === 0 || isNested(script_sig))
}

function recoveryFaults(
  plan: TimelockPlan,
  alert: DecodedTransaction,
  recovery: DecodedTransaction,
  network: Network,
): string[] {
  const wrong: string[] = []
  if (recovery.txid !== plan.recovery_txid) wrong.push('recovery_txid is not that of recovery_tx')
  if (recovery.weight !== plan.recovery_weight)
    wrong.push(`recovery_tx has ${recovery.weight} weight units, not recovery_weight`)
  const [input] = recovery.inputs
  const own = scriptOf(plan.alert_address, network)
  const vout = alert.outputs.findIndex((_, at) => input?.outpoint === outpointOf(alert.txid, at))
  const coin = alert.outputs[vout]
  if (recovery.inputs.length !== 1 || !input || !coin || own === null || !equalBytes(coin.script, own))
    return [...wrong, 'the recovery does not spend the alert address of this alert, and that alone']
  if (coin.value - sum(recovery) !== plan.recovery_fee) wrong.push('recovery_fee is not what the recovery pays')
  const lock = recovery.version >= 2 ? relativeLockOf(input.sequence) : null
  if (lock === null) wrong.push('the recovery has no relative lock, so that nobody could cancel it')
  else if (daysOf(lock) !== plan.timelock_days)
    wrong.push(`the recovery waits ${lock.count} times ${lock.unit === 'blocks' ? 'one block' : lock.unit}, not ${plan.timelock_days} days`)
  return [...wrong, ...outputFaults(plan, recovery, network)]
}

function outputFaults({ recovery_outputs }: TimelockPlan, { outputs }: DecodedTransaction, network: Network): string[] {
  const same =
    outputs.length === recovery_outputs.length &&
    outputs.every(({ script, value }, at) => {
      const said = recovery_outputs[at]
      const meant = said && scriptOf(said.address, network)
      return said?.value === value && meant instanceof Uint8Array && equalBytes(meant, script)
    })
  return same ? [] : ['recovery_outputs are not the outputs of recovery_tx, in their order']
}

function scriptOf(address: string, network: Network): Uint8Array | null {
  if (address === ANCHOR_ADDRESSES[network]) return ANCHOR_SCRIPT
  try {
    return scriptOfAddress(address, network)
  } catch (error) {
    if (error instanceof VaultError) return null
    throw error
  }
}
