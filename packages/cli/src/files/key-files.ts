import { type OwnerKey, type PublicKey, type SecretBytes, type SignDigest, openOwnerKey } from '@belfry/client'
import { CliError } from '../errors.ts'

/** Unlocked keys of a vault, until they are disposed of. */
export interface Signers extends Disposable {
  readonly keys: readonly PublicKey[]
  readonly sign: SignDigest
}

/** `--keys a.key b.key` and `--keys a.key,b.key` alike. */
export function pathsOf(given: readonly string[] | undefined): string[] {
  return (given ?? []).flatMap((text) => text.split(',')).filter((path) => path !== '')
}

/** @throws KeystoreError; then nothing is left unlocked */
export async function openSigners(paths: readonly string[], passphrase: SecretBytes): Promise<Signers> {
  const unlocked = new Map<string, OwnerKey>()
  const lock = (): void => {
    for (const key of unlocked.values()) key.wipe()
  }
  try {
    for (const path of paths) {
      const key = await openOwnerKey({ path, passphrase })
      unlocked.get(key.compressedPublicKey)?.wipe()
      unlocked.set(key.compressedPublicKey, key)
    }
  } catch (error) {
    lock()
    throw error
  }
  return {
    keys: [...unlocked.keys()] as PublicKey[],
    sign: (key, digest) => {
      const signer = unlocked.get(key)
      if (signer) return signer.signEcdsa(digest)
      throw new CliError('wrong-keys', `none of the key files holds ${key}`, 'Give the key file of that key.')
    },
    [Symbol.dispose]: lock,
  }
}
