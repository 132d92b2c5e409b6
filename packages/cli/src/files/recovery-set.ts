/** A recovery set as a command uses it: verified on this very device, whoever made it. */
import { type SecretBytes, type SignedRecoverySet, acceptRecoverySet, readRecoverySet, scriptsOf } from '@belfry/client'

/**
 * It is sound in itself, to the deep cold that its own plan names: whether that is the owner's, `vault verify --confirm` asks.
 * @throws KeystoreError; VaultError; RecoverySetRefused
 */
export async function openRecoverySet(path: string, passphrase: SecretBytes): Promise<SignedRecoverySet> {
  const { plan, transactions } = await readRecoverySet({ path, passphrase })
  return acceptRecoverySet(plan, transactions, { deep_cold_descriptor: scriptsOf(plan).deep_cold.descriptor })
}
