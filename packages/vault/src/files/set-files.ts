import { formatJson, s, type Txid } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import { MAX_RUNGS, type VaultPlan } from '../plan/plan.ts'
import type { PresignedTransaction, SignedRecoverySet, SignedTransaction } from '../recovery-set/signed.ts'
import { txidOf } from '../transaction/decode.ts'
import { MAX_SET_TRANSACTION_BYTES } from '../verify/transaction.ts'
import { readFile } from './file.ts'
import { fromPlanFile, planFileSchema, toPlanFile } from './plan-file.ts'

/** For every unvault variant itself, a clawback ladder and two means that take fee coins; and the other two ladders. */
const MAX_TRANSACTIONS = MAX_RUNGS * (1 + MAX_RUNGS + 2) + 2 * MAX_RUNGS

const transactions = s.list(
  s.struct({
    id: s.text(32, 1),
    /** Repeats what follows from `raw`, so that a person can look it up; checked. */
    txid: s.txid,
    raw: s.blob(MAX_SET_TRANSACTION_BYTES, 1),
  }),
  MAX_TRANSACTIONS,
  1,
)

const recoverySetSchema = s.struct({
  format: s.literal('belfry-recovery-set'),
  version: s.literal(1),
  plan: planFileSchema,
  transactions,
})

const unvaultSchema = s.struct({
  format: s.literal('belfry-unvault'),
  version: s.literal(1),
  plan: planFileSchema,
  transactions,
})

/** A plan and signed bytes that nobody has verified yet: hand both to `acceptRecoverySet` or `acceptUnvaults`. */
export interface UnverifiedSet {
  readonly plan: VaultPlan
  readonly transactions: readonly PresignedTransaction[]
}

/**
 * The content of `recovery-set.json`: with it alone the owner recovers when the federation is gone. Secret until a
 * theft: the caller encrypts it.
 */
export function recoverySetToJson(set: SignedRecoverySet): string {
  return formatJson(recoverySetSchema, {
    format: 'belfry-recovery-set',
    version: 1,
    plan: toPlanFile(set.plan),
    transactions: set.transactions.map(listed),
  })
}

/** @throws VaultError, and nothing else */
export function parseRecoverySet(json: string): UnverifiedSet {
  const file = readFile(recoverySetSchema, json, 'recovery-set.json')
  return { plan: fromPlanFile(file.plan), transactions: file.transactions.map(unverified) }
}

/** `unvault.json`: the unvault transactions and nothing else of the set, for the hot device. */
export function unvaultToJson(set: SignedRecoverySet): string {
  const unvaults = set.transactions.filter(({ place }) => place.purpose === 'unvault')
  return formatJson(unvaultSchema, {
    format: 'belfry-unvault',
    version: 1,
    plan: toPlanFile(set.plan),
    transactions: unvaults.map(listed),
  })
}

/** @throws VaultError, and nothing else */
export function parseUnvault(json: string): UnverifiedSet {
  const file = readFile(unvaultSchema, json, 'unvault.json')
  return { plan: fromPlanFile(file.plan), transactions: file.transactions.map(unverified) }
}

function listed({ id, txid, raw }: SignedTransaction) {
  return { id, txid, raw }
}

function unverified({ id, txid, raw }: PresignedTransaction & { readonly txid: Txid }): PresignedTransaction {
  if (txidOf(raw) === txid) return { id, raw }
  throw new VaultError(
    'file-inconsistent',
    `${id}: its bytes are not the transaction ${txid}`,
    'Do not use this file before you know who changed it; sign the set anew.',
  )
}
