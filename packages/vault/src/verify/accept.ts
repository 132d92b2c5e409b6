import { invariant, type Sats, sats } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import type { VaultPlan } from '../plan/plan.ts'
import { transactionIdOf, type Place, placesOf, type TransactionId, variantClawedBack } from '../recovery-set/places.ts'
import { type PresignedTransaction, type SignedRecoverySet, SignedTransaction } from '../recovery-set/signed.ts'
import { decodeTransaction } from '../transaction/decode.ts'
import { outputsHashOf } from '../transaction/outputs-hash.ts'
import type { Finding } from './findings.ts'
import { type Confirmed, verifyRecoverySet, verifyUnvaults } from './verify.ts'

/** A set was refused: `findings` says all that is wrong with it. */
export class RecoverySetRefused extends VaultError {
  readonly findings: readonly Finding[]

  constructor(findings: readonly Finding[]) {
    const [first] = findings
    const more = findings.length > 1 ? ` (and ${findings.length - 1} more findings)` : ''
    super(
      'set-refused',
      `${first?.sentence ?? 'nothing found'}${more}`,
      'Do not enrol this set; check the plan against your own records, then sign it anew on devices that you trust.',
    )
    this.findings = findings
  }
}

/**
 * The only way to a `SignedRecoverySet`.
 * @throws RecoverySetRefused with every finding
 */
export function acceptRecoverySet(
  plan: VaultPlan,
  presigned: readonly PresignedTransaction[],
  confirmed: Confirmed,
): SignedRecoverySet {
  const findings = verifyRecoverySet(plan, presigned, confirmed)
  if (findings.length > 0) throw new RecoverySetRefused(findings)
  return { plan, transactions: accepted(plan, presigned) }
}

/**
 * The unvault transactions for the hot device.
 * @throws RecoverySetRefused with every finding
 */
export function acceptUnvaults(
  plan: VaultPlan,
  presigned: readonly PresignedTransaction[],
): readonly SignedTransaction[] {
  const findings = verifyUnvaults(plan, presigned)
  if (findings.length > 0) throw new RecoverySetRefused(findings)
  return accepted(plan, presigned)
}

function accepted(plan: VaultPlan, presigned: readonly PresignedTransaction[]): SignedTransaction[] {
  const rawOf = new Map(presigned.map(({ id, raw }) => [id, raw]))
  /** The coin that each transaction makes: its first output. */
  const coins = new Map<TransactionId, Sats | undefined>()
  return placesOf(plan).flatMap(({ id, place, feerate }) => {
    const raw = rawOf.get(id)
    if (raw === undefined) return []
    const decoded = decodeTransaction(raw)
    const { txid, wtxid, vsize, outputs } = decoded
    coins.set(id, outputs[0]?.value)
    const fee = sats(spentValue(plan, place, coins) - outputs.reduce((sum, { value }) => sum + value, 0n))
    const outputs_hash = outputsHashOf(decoded)
    return [new SignedTransaction({ id, place, feerate, fee, vsize, txid, wtxid, outputs_hash }, raw.slice())]
  })
}

function spentValue(plan: VaultPlan, place: Place, coins: ReadonlyMap<TransactionId, Sats | undefined>): Sats {
  const variant = variantClawedBack(place)
  if (variant === null) return plan.deposit.value
  const value = coins.get(transactionIdOf({ purpose: 'unvault', variant }))
  invariant(value !== undefined, 'a clawback is listed after its unvault, which has an output')
  return value
}
