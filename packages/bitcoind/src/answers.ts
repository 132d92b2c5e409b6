import { BitcoindError, type BitcoindErrorCode, printable } from './errors.ts'
import {
  RPC_DESERIALIZATION_ERROR, RPC_INVALID_PARAMETER, RPC_VERIFY_ALREADY_IN_UTXO_SET, RPC_VERIFY_ERROR,
  RPC_VERIFY_REJECTED,
} from './rpc/codes.ts'

/**
 * The one file that reads bitcoind's words. What becomes of a transaction that was given to bitcoind, from the results
 * and errors of sendrawtransaction, submitpackage and testmempoolaccept; the words are those of Bitcoin Core 28–30 and
 * Knots 29 (src/validation.cpp, src/policy, src/consensus/tx_verify.cpp, src/node/types.h).
 */
export type BroadcastAnswer =
  | { readonly kind: 'accepted' }
  /** In the mempool or in the chain already. */
  | { readonly kind: 'already-known' }
  /** Below what the mempool takes: a higher rung, or as a package. */
  | Refusal<'fee-too-low'>
  /** Another transaction in the mempool spends the same coin, and this one does not pay enough more. */
  | Refusal<'conflict'>
  /** The coin is spent in the chain, or bitcoind does not know it. */
  | Refusal<'inputs-missing'>
  /** Valid later: lock time, relative lock, or an immature coinbase. */
  | Refusal<'not-final'>
  /** Its unconfirmed relatives, or their versions, break a rule of the mempool; once they are confirmed it may enter. */
  | Refusal<'mempool-limits'>
  /** A rule of form: this mempool never takes it, though a block might. */
  | Refusal<'non-standard'>
  /** A signature or script fails: this transaction never becomes valid. */
  | Refusal<'script-invalid'>
  /** It breaks another rule of consensus, or is no transaction: it never becomes valid. */
  | Refusal<'invalid'>
  /** Refused in words that are none of these. */
  | Refusal<'rejected'>
  /** No answer on the transaction itself. Transient: keep it and try again. */
  | { readonly kind: 'unreachable'; readonly code: BitcoindErrorCode; readonly reason: string }

interface Refusal<Kind extends string> {
  readonly kind: Kind
  /** bitcoind's own words, printable, for logs and explanations. Never branch on them. */
  readonly reason: string
}

export type AnswerKind = BroadcastAnswer['kind']

/**
 * What bitcoind said of one transaction of a package: an error, null for none, undefined when it did not look at it.
 */
export type TransactionVerdict = string | null | undefined

/**
 * Codes under which bitcoind speaks of the transaction or package itself; it may also not decode, or have a wrong form.
 */
const RPC_VERDICTS = new Set([
  RPC_INVALID_PARAMETER, RPC_DESERIALIZATION_ERROR, RPC_VERIFY_ERROR, RPC_VERIFY_REJECTED,
])
const MAX_REASON_LENGTH = 200

type Meaning = Exclude<AnswerKind, 'accepted' | 'rejected' | 'unreachable'>

/**
 * Each is the beginning of a reject reason; a reason goes on with ", ", " (" or a space, if at all. One that ends in a dash or a
 * colon stands for all that go on from there, and comes after the exceptions.
 */
const MEANINGS: readonly (readonly [beginning: string, meaning: Meaning])[] = [
  ['txn-already-in-mempool', 'already-known'],
  ['txn-same-nonwitness-data-in-mempool', 'already-known'],
  ['txn-already-known', 'already-known'],
  ['Transaction outputs already in utxo set', 'already-known'],
  ['Transaction already in block chain', 'already-known'],

  ['min relay fee not met', 'fee-too-low'],
  ['mempool min fee not met', 'fee-too-low'],
  ['mempool full', 'fee-too-low'],
  ['package-fee-too-low', 'fee-too-low'],

  ['insufficient fee', 'conflict'],
  ['insufficient feerate', 'conflict'],
  ['txn-mempool-conflict', 'conflict'],
  ['bip125-replacement-disallowed', 'conflict'],
  ['bad-txns-spends-conflicting-tx', 'conflict'],
  ['too many potential replacements', 'conflict'],
  ['replacement-failed', 'conflict'],
  ['package RBF failed:', 'conflict'],

  ['bad-txns-inputs-missingorspent', 'inputs-missing'],
  ['missing-inputs', 'inputs-missing'],

  ['non-final', 'not-final'],
  ['non-BIP68-final', 'not-final'],
  ['bad-txns-nonfinal', 'not-final'],
  ['bad-txns-premature-spend-of-coinbase', 'not-final'],

  ['mandatory-script-verify-flag-failed', 'script-invalid'],
  ['non-mandatory-script-verify-flag', 'script-invalid'],
  ['mempool-script-verify-flag-failed', 'script-invalid'],
  ['block-script-verify-flag-failed', 'script-invalid'],

  ['replacement-adds-unconfirmed', 'mempool-limits'],
  ['too-long-mempool-chain', 'mempool-limits'],
  ['too-large-cluster', 'mempool-limits'],
  ['TRUC-violation', 'mempool-limits'],
  ['v3-rule-violation', 'mempool-limits'],
  ['truc-', 'mempool-limits'],
  ['missing-ephemeral-spends', 'mempool-limits'],
  ['conflict-in-package', 'mempool-limits'],
  ['package topology disallowed.', 'mempool-limits'],
  ['package-', 'mempool-limits'],

  ['version', 'non-standard'],
  ['tx-size', 'non-standard'],
  ['tx-size-small', 'non-standard'],
  ['scriptsig-size', 'non-standard'],
  ['scriptsig-not-pushonly', 'non-standard'],
  ['scriptpubkey', 'non-standard'],
  ['scriptpubkey-', 'non-standard'],
  ['datacarrier', 'non-standard'],
  ['bare-multisig', 'non-standard'],
  ['multi-op-return', 'non-standard'],
  ['dust', 'non-standard'],
  ['dust-', 'non-standard'],
  ['bad-witness-', 'non-standard'],
  ['bad-txns-nonstandard-inputs', 'non-standard'],
  ['bad-txns-input-', 'non-standard'],
  ['bad-txns-too-many-sigops', 'non-standard'],
  ['max feerate exceeded', 'non-standard'],
  ['max-fee-exceeded', 'non-standard'],
  ['Fee exceeds maximum configured by user', 'non-standard'],
  ['Unspendable output exceeds maximum configured by user', 'non-standard'],

  ['bad-txns-', 'invalid'],
  ['bad-cb-length', 'invalid'],
  ['coinbase', 'invalid'],
  ['TX decode failed', 'invalid'],
]

/** submitpackage's own word on a package without a fault of its own; the transactions' errors then tell. */
const PACKAGE_SUCCESS = 'success'
const PACKAGE_TRANSACTION_FAILED = 'transaction failed'

export function answerOfReason(reason: string): BroadcastAnswer {
  const meaning = MEANINGS.find(([beginning]) => beginsWith(reason, beginning))?.[1]
  if (meaning === 'already-known') return { kind: 'already-known' }
  return { kind: meaning ?? 'rejected', reason: printable(reason, MAX_REASON_LENGTH) }
}

/** Of a call that failed: bitcoind's refusal, or none where it could not be asked. */
export function answerOfError(error: unknown): BroadcastAnswer {
  if (!(error instanceof BitcoindError)) throw error
  if (error.code === 'rpc-error' && error.rpc !== undefined) {
    if (error.rpc.code === RPC_VERIFY_ALREADY_IN_UTXO_SET) return { kind: 'already-known' }
    if (RPC_VERDICTS.has(error.rpc.code)) return answerOfReason(error.rpc.message)
  }
  return { kind: 'unreachable', code: error.code, reason: printable(error.message, MAX_REASON_LENGTH) }
}

/**
 * Of a list of transactions, each spending the one before: what stands in the way of the last.
 * @param packageMessage submitpackage's `package_msg`, or testmempoolaccept's `package-error`
 */
export function answerOfPackage(
  packageMessage: string | null,
  verdicts: readonly TransactionVerdict[],
): BroadcastAnswer {
  const last = answerOfVerdict(verdicts.at(-1))
  if (last !== null && isIn(last)) return last
  if (packageMessage !== null && packageMessage !== PACKAGE_SUCCESS && packageMessage !== PACKAGE_TRANSACTION_FAILED) {
    return answerOfReason(packageMessage)
  }
  const answers = verdicts.map((verdict) => answerOfVerdict(verdict))
  const hindrance = answers.find((answer) => answer !== null && !isIn(answer))
  return hindrance ?? { kind: 'rejected', reason: 'bitcoind did not say why' }
}

function answerOfVerdict(verdict: TransactionVerdict): BroadcastAnswer | null {
  if (verdict === undefined) return null
  return verdict === null ? { kind: 'accepted' } : answerOfReason(verdict)
}

function isIn(answer: BroadcastAnswer): boolean {
  return answer.kind === 'accepted' || answer.kind === 'already-known'
}

function beginsWith(reason: string, beginning: string): boolean {
  if (!reason.startsWith(beginning)) return false
  const next = reason.at(beginning.length)
  return /[-:]$/.test(beginning) || next === undefined || ', (:.'.includes(next)
}
