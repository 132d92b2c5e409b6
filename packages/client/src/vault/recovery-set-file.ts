/** `recovery-set.json`: every pre-signed transaction, encrypted. Who reads it can spend the vault to its deep cold. */
import { SecretBytes, readEncryptedFile, writeEncryptedFile } from '@belfry/keystore'
import { utf8 } from '@belfry/protocol/primitives'
import { type SignedRecoverySet, type UnverifiedSet, parseRecoverySet, recoverySetToJson } from '@belfry/vault'

const KIND = 'recovery-set'

export interface RecoverySetFile {
  readonly path: string
  /** Lent. */
  readonly passphrase: SecretBytes
}

/** @throws KeystoreError */
export async function writeRecoverySet(
  set: SignedRecoverySet,
  file: RecoverySetFile & { readonly force?: boolean },
): Promise<void> {
  using plaintext = SecretBytes.from(utf8(recoverySetToJson(set)), { wipeSource: true })
  await writeEncryptedFile({ ...file, kind: KIND, plaintext })
}

/** Nobody has verified what is in it: see acceptRecoverySet. @throws KeystoreError, VaultError */
export async function readRecoverySet({ path, passphrase }: RecoverySetFile): Promise<UnverifiedSet> {
  using plaintext = await readEncryptedFile({ path, kind: KIND, passphrase })
  return parseRecoverySet(plaintext.use((bytes) => new TextDecoder().decode(bytes)))
}
