import { invariant, type Sats } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import type { VaultPlan } from '../plan/plan.ts'
import { transactionIdOf, type Place, placesOf, type TransactionId } from '../recovery-set/places.ts'
import { type PresignedTransaction, type SignedRecoverySet, SignedTransaction } from '../recovery-set/signed.ts'
import { type DecodedTransaction, decodeTransaction } from '../transaction/decode.ts'
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
  const values = new Map<TransactionId, Sats>()
  return placesOf(plan).flatMap(({ id, place, feerate }) => {
    const raw = rawOf.get(id)
    if (raw === undefined) return []
    const decoded = decodeTransaction(raw)
    const paid = paidBy(decoded)
    values.set(id, paid)
    const fee = (spentValue(plan, place, values) - paid) as Sats
    const { txid, wtxid, vsize } = decoded
    return [new SignedTransaction({ id, place, feerate, fee, vsize, txid, wtxid }, raw.slice())]
  })
}

function paidBy(decoded: DecodedTransaction): Sats {
  const value = decoded.outputs[0]?.value
  invariant(value !== undefined, 'an accepted transaction has one output')
  return value
}

function spentValue(plan: VaultPlan, place: Place, values: ReadonlyMap<TransactionId, Sats>): Sats {
  if (place.purpose !== 'clawback') return plan.deposit.value
  const value = values.get(transactionIdOf({ purpose: 'unvault', variant: place.variant }))
  invariant(value !== undefined, 'a clawback is listed after its unvault')
  return value
}
