import { Transaction } from 'bitcoinjs-lib'
import { VaultError } from '../errors.ts'
import type { KeySet, PublicKey } from '../scripts/keys.ts'
import { witnessStack } from '../scripts/wsh.ts'
import type { UnsignedTransaction } from '../recovery-set/build.ts'
import type { PresignedTransaction } from '../recovery-set/signed.ts'

/** Per key the signature as the witness holds it: DER and the sighash byte. */
export type Signatures = ReadonlyMap<PublicKey, Uint8Array>

/**
 * Puts the witness in: the first `threshold` signatures in the order of the keys, so that more of them change nothing.
 * bitcoinjs' own finaliser refuses miniscript.
 * @throws VaultError `signatures-missing`
 */
export function finalise(unsigned: UnsignedTransaction, signatures: Signatures, cold: KeySet): PresignedTransaction {
  const inOrder = cold.keys.flatMap((key) => signatures.get(key) ?? []).slice(0, cold.threshold)
  if (inOrder.length < cold.threshold) {
    throw new VaultError(
      'signatures-missing',
      `${unsigned.id} has ${inOrder.length} of ${cold.threshold} signatures`,
      'Sign with further cold keys.',
    )
  }
  const transaction = Transaction.fromBuffer(unsigned.raw)
  transaction.setWitness(0, witnessStack(unsigned.spends.branch, inOrder, unsigned.spends.witness_script))
  return { id: unsigned.id, raw: transaction.toBuffer() }
}
