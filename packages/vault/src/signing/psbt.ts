import { Psbt, Transaction } from 'bitcoinjs-lib'
import { compareBytes, equalBytes, fromHex, toHex } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import type { VaultPlan } from '../plan/plan.ts'
import { buildRecoverySet, type UnsignedTransaction } from '../recovery-set/build.ts'
import type { SignedRecoverySet } from '../recovery-set/signed.ts'
import type { PublicKey } from '../scripts/keys.ts'
import { signatureFault, signatureFrom, type SignDigest } from '../transaction/signature.ts'
import { finalise } from './finalise.ts'
import { acceptAsPlanned, checkSigners } from './sign.ts'

/** One input and two outputs with every signature and derivation that fifteen keys can have, many times over. */
export const MAX_PSBT_BYTES = 100_000
/** Every signer may hand in every transaction, and again. */
const MAX_PSBTS = 50_000

/** One transaction for a signer: BIP-174, version 0, with what a wallet needs to see what it signs. */
export function toPsbt(unsigned: UnsignedTransaction): Uint8Array {
  const { spends, pays, anchor } = unsigned
  const transaction = Transaction.fromBuffer(unsigned.raw)
  const psbt = new Psbt()
  psbt.setVersion(transaction.version)
  psbt.setLocktime(transaction.locktime)
  for (const { hash, index, sequence } of transaction.ins) {
    psbt.addInput({
      hash,
      index,
      sequence,
      sighashType: unsigned.sighash_type,
      witnessUtxo: { script: spends.script, value: spends.value },
      witnessScript: spends.witness_script,
    })
  }
  for (const output of anchor === null ? [pays] : [pays, anchor]) psbt.addOutput({ ...output })
  return psbt.toBuffer()
}

/**
 * Adds the signatures of these keys to one transaction of the plan, on a device that trusts the plan and not the PSBT.
 * @throws VaultError `psbt-…`, `signing-key-unknown` or `signature-invalid`
 */
export function signPsbt(plan: VaultPlan, bytes: Uint8Array, keys: readonly PublicKey[], sign: SignDigest): Uint8Array {
  checkSigners(keys, plan.cold)
  const { psbt, unsigned, signatures } = readPsbt(plan, byTransaction(plan), bytes)
  for (const key of keys) {
    if (signatures.has(key)) continue
    const signature = signatureFrom(sign, key, unsigned.sighash, unsigned.sighash_type)
    psbt.updateInput(0, { partialSig: [{ pubkey: fromHex(key), signature }] })
  }
  return psbt.toBuffer()
}

/**
 * Combines what several signers gave back, in any order, into the finished set.
 * @throws VaultError `psbt-malformed`, `psbt-foreign` or `psbt-changed` for a PSBT that is not ours any more,
 * `signature-invalid` for a signature that does not fit, `signatures-missing` where more signers are needed
 */
export function recoverySetFromPsbts(plan: VaultPlan, psbts: readonly Uint8Array[]): SignedRecoverySet {
  if (psbts.length > MAX_PSBTS) throw malformed(`${psbts.length} PSBTs are too many`)
  const ours = byTransaction(plan)
  const gathered = new Map<UnsignedTransaction, Map<PublicKey, Uint8Array>>()
  for (const bytes of psbts) {
    const { unsigned, signatures } = readPsbt(plan, ours, bytes)
    const known = gathered.get(unsigned) ?? new Map<PublicKey, Uint8Array>()
    gathered.set(unsigned, known)
    for (const [key, signature] of signatures) keepLesser(known, key, signature)
  }
  const presigned = [...ours.values()].map((unsigned) =>
    finalise(unsigned, gathered.get(unsigned) ?? new Map<PublicKey, Uint8Array>(), plan.cold),
  )
  return acceptAsPlanned(plan, presigned)
}

/** Of two valid signatures of one key, the same one whatever the order in which they came. */
function keepLesser(known: Map<PublicKey, Uint8Array>, key: PublicKey, signature: Uint8Array): void {
  const other = known.get(key)
  if (other === undefined || compareBytes(signature, other) < 0) known.set(key, signature)
}

type Ours = ReadonlyMap<string, UnsignedTransaction>

function byTransaction(plan: VaultPlan): Ours {
  return new Map(buildRecoverySet(plan).map((unsigned) => [toHex(unsigned.raw), unsigned]))
}

interface ReadPsbt {
  readonly psbt: Psbt
  readonly unsigned: UnsignedTransaction
  readonly signatures: ReadonlyMap<PublicKey, Uint8Array>
}

function readPsbt(plan: VaultPlan, ours: Ours, bytes: Uint8Array): ReadPsbt {
  const psbt = decodePsbt(bytes)
  const unsigned = ours.get(toHex(psbt.data.globalMap.unsignedTx.toBuffer()))
  if (unsigned === undefined) {
    throw new VaultError(
      'psbt-foreign',
      'a PSBT holds a transaction that this plan does not ask for',
      'Give only PSBTs that were written from this very plan.',
    )
  }
  checkUnchanged(psbt, unsigned)
  return { psbt, unsigned, signatures: signaturesOf(psbt, unsigned, plan) }
}

function decodePsbt(bytes: Uint8Array): Psbt {
  if (bytes.length > MAX_PSBT_BYTES) throw malformed(`it has more than ${MAX_PSBT_BYTES} bytes`)
  try {
    return Psbt.fromBuffer(bytes)
  } catch {
    throw malformed('it is not a BIP-174 PSBT')
  }
}

function malformed(detail: string): VaultError {
  return new VaultError(
    'psbt-malformed',
    `a PSBT cannot be read: ${detail}`,
    'Give the binary PSBT that the signer wrote.',
  )
}

/** What a signer was shown must be what the plan says, or its owner agreed to something else. */
function checkUnchanged(psbt: Psbt, unsigned: UnsignedTransaction): void {
  const [input] = psbt.data.inputs
  const { script, value, witness_script } = unsigned.spends
  const utxo = input?.witnessUtxo
  const asBuilt =
    input !== undefined &&
    (utxo === undefined || (utxo.value === value && equalBytes(utxo.script, script))) &&
    (input.witnessScript === undefined || equalBytes(input.witnessScript, witness_script)) &&
    (input.sighashType === undefined || input.sighashType === unsigned.sighash_type) &&
    input.redeemScript === undefined
  if (asBuilt) return
  throw new VaultError(
    'psbt-changed',
    `the PSBT of ${unsigned.id} names another coin, script or sighash type than the plan`,
    'Find out who changed it before you sign anything; write the PSBTs anew from the plan.',
  )
}

/** @throws VaultError `signature-invalid` for a stranger's or wrong signature: it was not made for this plan */
function signaturesOf(psbt: Psbt, unsigned: UnsignedTransaction, plan: VaultPlan): Map<PublicKey, Uint8Array> {
  const signatures = new Map<PublicKey, Uint8Array>()
  const [input] = psbt.data.inputs
  const { sighash, sighash_type } = unsigned
  for (const { pubkey, signature } of input?.partialSig ?? []) {
    const key = plan.cold.keys.find((cold) => cold === toHex(pubkey))
    if (key === undefined || signatureFault(signature, key, sighash, sighash_type) !== undefined) throw unfitting(unsigned)
    signatures.set(key, signature)
  }
  if (input?.finalScriptWitness === undefined) return signatures
  for (const [key, signature] of finalSignatures(psbt, unsigned, plan)) signatures.set(key, signature)
  return signatures
}

/** Some wallets finalise what they complete; their witness holds the signatures without saying whose they are. */
function finalSignatures(psbt: Psbt, unsigned: UnsignedTransaction, plan: VaultPlan): [PublicKey, Uint8Array][] {
  const { sighash, sighash_type } = unsigned
  return finalWitness(psbt, unsigned)
    .slice(0, -1)
    .filter((item) => item.length > 0)
    .map((item) => {
      const key = plan.cold.keys.find((cold) => signatureFault(item, cold, sighash, sighash_type) === undefined)
      if (key === undefined) throw unfitting(unsigned)
      return [key, item]
    })
}

function finalWitness(psbt: Psbt, unsigned: UnsignedTransaction): Uint8Array[] {
  try {
    return psbt.extractTransaction(true).ins[0]?.witness ?? []
  } catch {
    throw malformed(`the final witness of ${unsigned.id} is broken`)
  }
}

function unfitting(unsigned: UnsignedTransaction): VaultError {
  return new VaultError(
    'signature-invalid',
    `the PSBT of ${unsigned.id} holds a signature that is not of one of the plan's cold keys for this transaction`,
    'Sign again with the device that holds the cold key.',
  )
}
