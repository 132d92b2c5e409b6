import assert from 'node:assert/strict'
import { script, Transaction } from 'bitcoinjs-lib'
import {
  buildRecoverySet,
  type Finding,
  type FindingCode,
  type PresignedTransaction,
  scriptsOf,
  type TransactionId,
  type VaultPlan,
  verifyRecoverySet,
} from '../../src/index.ts'
import { signLowR, type TestKey } from './keys.ts'
import { COLD, planOf, signedSet } from './plans.ts'

export const PLAN = planOf()
export const CONFIRMED = { deep_cold_descriptor: scriptsOf(PLAN).deep_cold.descriptor }
/** A good set. */
export const PRESIGNED = signedSet(PLAN).transactions.map(({ id, raw }): PresignedTransaction => ({ id, raw }))

/** What is wrong with these transactions, with the destination confirmed. */
export function findingsOf(presigned: readonly PresignedTransaction[], plan: VaultPlan = PLAN): Finding[] {
  return verifyRecoverySet(plan, presigned, { deep_cold_descriptor: scriptsOf(plan).deep_cold.descriptor })
}

/**
 * What is wrong with one transaction of a set, with only the unvaults beside it, which is all that its verification needs:
 * for tests that try many.
 */
export function findingsAlone(
  presigned: readonly PresignedTransaction[],
  { id, raw }: PresignedTransaction,
  plan: VaultPlan,
): Finding[] {
  const unvaults = presigned.filter((one) => one.id.startsWith('unvault') && one.id !== id)
  return findingsOf([...unvaults, { id, raw }], plan).filter((finding) => finding.id === id)
}

/** The good set with one transaction's bytes replaced. */
export function replaced(id: TransactionId, raw: Uint8Array): PresignedTransaction[] {
  return PRESIGNED.map((transaction) => (transaction.id === id ? { id, raw } : transaction))
}

/** Codes of the findings, or of those about one transaction. */
export function codes(findings: readonly Finding[], id?: string): FindingCode[] {
  return findings.filter((finding) => id === undefined || finding.id === id).map(({ code }) => code)
}

/** Changes an unsigned transaction and signs it anew with keys that may be the right ones. */
export function resigned(
  id: TransactionId,
  change: (transaction: Transaction) => void,
  keys: readonly TestKey[] = COLD.slice(0, 2),
  witness: Witness = usualWitness(id),
): Uint8Array {
  return resignedFor(PLAN, id, change, { keys, witness })
}

type Witness = (signatures: Uint8Array[], witness_script: Uint8Array) => Uint8Array[]

/** The same for a transaction of any plan, with the sighash type of its place or another. */
export function resignedFor(
  plan: VaultPlan,
  id: TransactionId,
  change: (transaction: Transaction) => void,
  {
    keys = COLD.slice(0, 2),
    witness = usualWitness(id),
    type,
  }: { readonly keys?: readonly TestKey[]; readonly witness?: Witness; readonly type?: number } = {},
): Uint8Array {
  const unsigned = buildRecoverySet(plan).find((one) => one.id === id)
  assert.ok(unsigned !== undefined)
  const transaction = Transaction.fromBuffer(unsigned.raw)
  change(transaction)
  const { witness_script, value } = unsigned.spends
  const hashType = type ?? unsigned.sighash_type
  const digest = transaction.hashForWitnessV0(0, witness_script, value, hashType)
  const signatures = keys.map(({ secret }) => script.signature.encode(signLowR(secret, digest), hashType))
  transaction.setWitness(0, witness(signatures, witness_script))
  return transaction.toBuffer()
}

export const EMPTY = new Uint8Array(0)
export const asIs = (): void => {}

export function usualWitness(id: TransactionId) {
  return (signatures: Uint8Array[], witness_script: Uint8Array): Uint8Array[] =>
    /^(clawback|an)/.test(id) ? [EMPTY, ...signatures, EMPTY, witness_script] : [EMPTY, ...signatures, witness_script]
}
