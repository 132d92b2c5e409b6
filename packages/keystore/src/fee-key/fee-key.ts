import { readEncryptedFile, writeEncryptedFile } from '../encrypted-file/index.ts'
import { KeystoreError } from '../errors.ts'
import { type KeyFile, type NewKeyFile, writtenTo } from '../key-file.ts'
import { SecretBytes } from '../memory/index.ts'

const KIND = 'fee-key'
/** Of the BIP-32 seed: as much entropy as a mnemonic of 24 words has. */
const SEED_BYTES = 32

/**
 * The seed of a member's fee wallet, in locked memory until wiped. What is derived from it (BIP-84) is no business of this
 * package: the seed is lent for one signature at a time.
 */
export class FeeKey {
  readonly #seed: SecretBytes

  /**
   * @param seed copied, so that the caller may wipe it
   * @throws KeystoreError key-material-malformed
   */
  constructor(seed: SecretBytes) {
    if (seed.length !== SEED_BYTES) {
      throw new KeystoreError(
        'key-material-malformed',
        `these ${seed.length} bytes are no seed of a fee wallet, which has ${SEED_BYTES}`,
        'Restore the key file from a backup.',
      )
    }
    this.#seed = seed.copy()
  }

  /** From the system's CSPRNG, in no file yet. */
  static random(): FeeKey {
    using seed = SecretBytes.random(SEED_BYTES)
    return new FeeKey(seed)
  }

  /**
   * Into a new file.
   * @throws KeystoreError file-exists, file-not-written
   */
  async writeTo(file: NewKeyFile): Promise<void> {
    await writeEncryptedFile({ ...file, kind: KIND, plaintext: this.#seed })
  }

  /** Lends the seed until `borrow` returns. @throws KeystoreError secret-wiped */
  use<T>(borrow: (seed: Uint8Array) => T): T {
    return this.#seed.use(borrow)
  }

  wipe(): void {
    this.#seed.wipe()
  }

  [Symbol.dispose](): void {
    this.wipe()
  }
}

/**
 * Makes a key and writes it to a new file.
 * @throws KeystoreError file-exists, file-not-written
 */
export async function createFeeKey(file: NewKeyFile): Promise<FeeKey> {
  return await writtenTo(file, FeeKey.random())
}

/** @throws KeystoreError file-*, encrypted-file-*, wrong-passphrase-or-damaged, key-material-malformed */
export async function openFeeKey({ path, passphrase }: KeyFile): Promise<FeeKey> {
  using plaintext = await readEncryptedFile({ path, kind: KIND, passphrase })
  return new FeeKey(plaintext)
}
