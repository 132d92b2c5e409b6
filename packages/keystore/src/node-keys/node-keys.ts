import { toHex } from '@belfry/protocol/primitives'
import { readEncryptedFile, writeEncryptedFile } from '../encrypted-file/index.ts'
import { KeystoreError } from '../errors.ts'
import { type KeyFile, type NewKeyFile, writtenTo } from '../key-file.ts'
import { SecretBytes } from '../memory/index.ts'
import { x25519PublicKey } from '../sealing/hpke.ts'
import { open } from '../sealing/index.ts'
import { ed25519Key, SEED_BYTES, type Ed25519Key } from './ed25519.ts'

const KIND = 'node-keys'
const ENCRYPTION_KEY_BYTES = 32
/** The plaintext: Ed25519 seed ‖ X25519 private key. */
const KEYS_BYTES = SEED_BYTES + ENCRYPTION_KEY_BYTES

/** What seal() bound to the sealed bytes. */
export interface SealedFor {
  readonly info: Uint8Array
  readonly aad?: Uint8Array
}

/** A member's unlocked keys, in locked memory until wiped. */
export class NodeKeys {
  /** Ed25519, lower-case hex: the node key, and by libp2p's encoding the peer id. */
  readonly nodePublicKey: string
  /** X25519, lower-case hex. */
  readonly encryptionPublicKey: string
  /** The Ed25519 seed, for libp2p's identity. Lent: wipe() takes it back. */
  readonly identitySeed: SecretBytes
  readonly #signing: Ed25519Key
  readonly #encryption: SecretBytes
  readonly #encryptionPublicKey: Uint8Array

  /** @param keys seed ‖ X25519 private key; copied, so that the caller may wipe it */
  constructor(keys: SecretBytes) {
    this.identitySeed = keys.use((view) => SecretBytes.from(view.subarray(0, SEED_BYTES)))
    this.#encryption = keys.use((view) => SecretBytes.from(view.subarray(SEED_BYTES)))
    this.#signing = ed25519Key(this.identitySeed)
    this.nodePublicKey = toHex(this.#signing.publicKey)
    this.#encryptionPublicKey = x25519PublicKey(this.#encryption)
    this.encryptionPublicKey = toHex(this.#encryptionPublicKey)
  }

  /** Both keys from the system's CSPRNG, in no file yet. */
  static random(): NodeKeys {
    using keys = SecretBytes.random(KEYS_BYTES)
    return new NodeKeys(keys)
  }

  /**
   * Into a new keystore.
   * @throws KeystoreError file-exists, file-not-written
   */
  async writeTo(file: NewKeyFile): Promise<void> {
    using plaintext = SecretBytes.allocate(KEYS_BYTES, (view) => {
      this.identitySeed.use((seed) => view.set(seed))
      this.#encryption.use((key) => view.set(key, SEED_BYTES))
    })
    await writeEncryptedFile({ ...file, kind: KIND, plaintext })
  }

  /** @returns the 64-byte Ed25519 signature of the node key */
  sign(message: Uint8Array): Uint8Array {
    return this.#signing.sign(message)
  }

  /** @throws KeystoreError sealed-not-openable */
  open(sealed: Uint8Array, { info, aad }: SealedFor): SecretBytes {
    return open({ privateKey: this.#encryption, publicKey: this.#encryptionPublicKey, sealed, info, aad })
  }

  wipe(): void {
    this.identitySeed.wipe()
    this.#encryption.wipe()
    this.#signing.wipe()
  }

  [Symbol.dispose](): void {
    this.wipe()
  }
}

/**
 * Makes keys and writes them to a new keystore.
 * @throws KeystoreError file-exists, file-not-written
 */
export async function createNodeKeys(file: NewKeyFile): Promise<NodeKeys> {
  return await writtenTo(file, NodeKeys.random())
}

/** @throws KeystoreError file-*, encrypted-file-*, wrong-passphrase-or-damaged, key-material-malformed */
export async function openNodeKeys({ path, passphrase }: KeyFile): Promise<NodeKeys> {
  using plaintext = await readEncryptedFile({ path, kind: KIND, passphrase })
  if (plaintext.length === KEYS_BYTES) return new NodeKeys(plaintext)
  throw new KeystoreError(
    'key-material-malformed',
    `${path} opens, but holds ${plaintext.length} bytes where two keys have ${KEYS_BYTES}`,
    'Restore the file from a backup.',
  )
}
