import { invariant, toHex } from '@belfry/protocol/primitives'
import { readEncryptedFile, writeEncryptedFile } from '../encrypted-file/index.ts'
import { KeystoreError } from '../errors.ts'
import { type KeyFile, type NewKeyFile, writtenTo } from '../key-file.ts'
import { SecretBytes } from '../memory/index.ts'
import {
  compressedPublicKey, ecdsaSignature, isPrivateKey, PRIVATE_KEY_BYTES, schnorrSignature,
} from './secp256k1.ts'

const KIND = 'owner-key'
const HASH_BYTES = 32

/** A random 32-byte string is no scalar of the curve once in 2^128, so a second failure means a broken generator. */
const MAX_DRAWS = 2

/**
 * An unlocked secp256k1 key of an owner or guardian, in locked memory until wiped. It signs owner messages (BIP-340)
 * and vault transactions (ECDSA). Each time it signs, the curve library leaves the scalar in ordinary memory, as a bigint
 * that cannot be wiped.
 */
export class OwnerKey {
  /** X-only (BIP-340), lower-case hex. */
  readonly publicKey: string
  /** Compressed (SEC 1), lower-case hex. */
  readonly compressedPublicKey: string
  readonly #key: SecretBytes

  /**
   * @param key copied, so that the caller may wipe it
   * @throws KeystoreError key-material-malformed
   */
  constructor(key: SecretBytes) {
    if (key.length !== PRIVATE_KEY_BYTES || !isPrivateKey(key)) {
      throw new KeystoreError(
        'key-material-malformed',
        'these bytes are no secp256k1 private key',
        'Restore the key file from a backup.',
      )
    }
    this.#key = key.copy()
    this.compressedPublicKey = toHex(compressedPublicKey(key))
    this.publicKey = this.compressedPublicKey.slice(2)
  }

  /** From the system's CSPRNG, in no file yet. */
  static random(): OwnerKey {
    using key = drawKey()
    return new OwnerKey(key)
  }

  /**
   * Into a new file.
   * @throws KeystoreError file-exists, file-not-written
   */
  async writeTo(file: NewKeyFile): Promise<void> {
    await writeEncryptedFile({ ...file, kind: KIND, plaintext: this.#key })
  }

  /** BIP-340. @returns 64 bytes @throws KeystoreError bad-hash-length */
  signSchnorr(hash32: Uint8Array): Uint8Array {
    checkHash(hash32)
    return schnorrSignature(this.#key, hash32)
  }

  /** ECDSA, low S and low R, deterministic. @returns r ‖ s, 64 bytes @throws KeystoreError bad-hash-length */
  signEcdsa(hash32: Uint8Array): Uint8Array {
    checkHash(hash32)
    return ecdsaSignature(this.#key, hash32)
  }

  wipe(): void {
    this.#key.wipe()
  }

  [Symbol.dispose](): void {
    this.wipe()
  }
}

/**
 * Makes a key and writes it to a new file.
 * @throws KeystoreError file-exists, file-not-written
 */
export async function createOwnerKey(file: NewKeyFile): Promise<OwnerKey> {
  return await writtenTo(file, OwnerKey.random())
}

/** @throws KeystoreError file-*, encrypted-file-*, wrong-passphrase-or-damaged, key-material-malformed */
export async function openOwnerKey({ path, passphrase }: KeyFile): Promise<OwnerKey> {
  using plaintext = await readEncryptedFile({ path, kind: KIND, passphrase })
  return new OwnerKey(plaintext)
}

function drawKey(): SecretBytes {
  for (let draw = 1; ; draw++) {
    const key = SecretBytes.random(PRIVATE_KEY_BYTES)
    if (isPrivateKey(key)) return key
    key.wipe()
    invariant(draw < MAX_DRAWS, 'the system draws random private keys within the order of the curve')
  }
}

function checkHash(hash32: Uint8Array): void {
  if (hash32.length === HASH_BYTES) return
  throw new KeystoreError('bad-hash-length', `a hash to sign has ${HASH_BYTES} bytes`, 'Pass the hash itself.')
}
