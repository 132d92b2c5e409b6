/**
 * Whether the recovery transaction is rightly signed. No bitcoind says so before the alert is confirmed and the lock has passed,
 * and then it is too late: the proposal asks whoever takes a plan to look for himself.
 */
import { Transaction, crypto, opcodes, script as scripts } from 'bitcoinjs-lib'
import * as ecc from 'tiny-secp256k1'
import { concat, equalBytes } from '@belfry/protocol/primitives'

/** `unknown`: a script that is not read here; whoever wrote it must vouch for it. */
export type SignatureVerdict = 'valid' | 'invalid' | 'unknown'

export interface SpentOutput {
  readonly script: Uint8Array
  readonly value: bigint
}

/**
 * The one input of `raw`, which decodes, against the output that it spends: P2WPKH, P2TR by key, P2WSH of a multisig or of
 * Belfry's staging.
 */
export function signatureVerdict(raw: Uint8Array, spent: SpentOutput): SignatureVerdict {
  try {
    return verdictOn(Transaction.fromBuffer(raw), spent)
  } catch {
    return 'unknown'
  }
}

function verdictOn(transaction: Transaction, spent: SpentOutput): SignatureVerdict {
  const witness = transaction.ins[0]?.witness ?? []
  const [version, length] = spent.script
  const program = spent.script.subarray(2)
  if (version === 0 && length === 20) return verdictIf(isKeyHashSigned(transaction, spent, program, witness))
  if (version === 0x51 && length === 32 && witness.length === 1)
    return verdictIf(isTaprootSigned(transaction, spent, program, witness[0] ?? new Uint8Array()))
  const last = witness.at(-1)
  if (version !== 0 || length !== 32 || last === undefined) return 'unknown'
  if (!equalBytes(crypto.sha256(last), program)) return 'invalid'
  const waiting = waitingKeyIn(last)
  if (waiting !== null && witness.length === 2) return verdictIf(isWaitingKeySigned(transaction, spent, last, waiting, witness[0] ?? new Uint8Array()))
  const multi = multisigIn(scripts.decompile(last) ?? [])
  return multi === null ? 'unknown' : verdictIf(isMultisigSigned(transaction, spent, last, multi, witness.slice(0, -1)))
}

function verdictIf(valid: boolean): SignatureVerdict {
  return valid ? 'valid' : 'invalid'
}

function isKeyHashSigned(
  transaction: Transaction,
  { value }: SpentOutput,
  program: Uint8Array,
  witness: readonly Uint8Array[],
): boolean {
  const [signature, key] = witness
  if (witness.length !== 2 || !signature || !key || !equalBytes(crypto.hash160(key), program)) return false
  // BIP-143: the script code of a P2WPKH input is that of P2PKH.
  const code = concat(Uint8Array.of(0x76, 0xa9, 0x14), program, Uint8Array.of(0x88, 0xac))
  return isSigned(transaction, code, value, signature, key)
}

function isTaprootSigned(
  transaction: Transaction,
  { script, value }: SpentOutput,
  key: Uint8Array,
  signature: Uint8Array,
): boolean {
  // BIP-341: 64 bytes sign everything, a 65th names another type.
  const type = signature.length === 65 ? (signature[64] ?? 0) : Transaction.SIGHASH_DEFAULT
  if (signature.length !== 64 && (signature.length !== 65 || type === 0)) return false
  const digest = transaction.hashForWitnessV1(0, [script], [value], type)
  return ecc.verifySchnorr(digest, key, signature.subarray(0, 64))
}

interface WaitingKey {
  readonly key: Uint8Array
  readonly blocks: number
}

/** The key of `andor(pk(key),older(blocks),multi(…))`, Belfry's own staging: `<key> CHECKSIG NOTIF <multi> ELSE <blocks> CSV ENDIF`. */
function waitingKeyIn(witness_script: Uint8Array): WaitingKey | null {
  const chunks = scripts.decompile(witness_script) ?? []
  const [key, check, notIf] = chunks
  const [otherwise, wait, verify, end] = chunks.slice(-4)
  const isShape =
    check === opcodes['OP_CHECKSIG'] &&
    notIf === opcodes['OP_NOTIF'] &&
    otherwise === opcodes['OP_ELSE'] &&
    verify === opcodes['OP_CHECKSEQUENCEVERIFY'] &&
    end === opcodes['OP_ENDIF'] &&
    multisigIn(chunks.slice(3, -4)) !== null
  if (!isShape || !(key instanceof Uint8Array) || wait === undefined) return null
  return { key, blocks: typeof wait === 'number' ? wait - 0x50 : scripts.number.decode(wait) }
}

function isWaitingKeySigned(
  transaction: Transaction,
  { value }: SpentOutput,
  witness_script: Uint8Array,
  { key, blocks }: WaitingKey,
  signature: Uint8Array,
): boolean {
  const sequence = transaction.ins[0]?.sequence ?? 0
  return sequence <= 0xffff && sequence >= blocks && isSigned(transaction, witness_script, value, signature, key)
}

interface Multisig {
  readonly threshold: number
  readonly keys: readonly Uint8Array[]
}

/** Chunks that are a multisig and nothing else. */
function multisigIn(chunks: readonly (number | Uint8Array)[]): Multisig | null {
  if (chunks.at(-1) !== opcodes['OP_CHECKMULTISIG']) return null
  const keys = chunks.slice(1, -2)
  const small = (chunk: unknown): number => (typeof chunk === 'number' ? chunk - 0x50 : 0)
  const threshold = small(chunks[0])
  const areKeys = keys.every((one): one is Uint8Array => one instanceof Uint8Array)
  if (!areKeys || threshold < 1 || small(chunks.at(-2)) !== keys.length || threshold > keys.length) return null
  return { threshold, keys }
}

/** Signatures stand in the order of their keys; the first item is CHECKMULTISIG's empty one (BIP-147). */
function isMultisigSigned(
  transaction: Transaction,
  { value }: SpentOutput,
  witness_script: Uint8Array,
  { threshold, keys }: Multisig,
  [dummy, ...signatures]: readonly Uint8Array[],
): boolean {
  if (dummy?.length !== 0 || signatures.length !== threshold) return false
  let at = 0
  return signatures.every((signature) => {
    while (at < keys.length) {
      const key = keys[at++]
      if (key && isSigned(transaction, witness_script, value, signature, key)) return true
    }
    return false
  })
}

function isSigned(
  transaction: Transaction,
  code: Uint8Array,
  value: bigint,
  bytes: Uint8Array,
  key: Uint8Array,
): boolean {
  try {
    const { signature, hashType } = scripts.signature.decode(bytes)
    return ecc.verify(transaction.hashForWitnessV0(0, code, value, hashType), key, signature, true)
  } catch {
    return false
  }
}
