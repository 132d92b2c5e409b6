import sodium from 'sodium-native'
import { KeystoreError } from '../errors.ts'
import { MAX_SECRET_BYTES, SecretBytes } from '../memory/index.ts'

export const ENVELOPE_KEY_BYTES = 32
const TAG_BYTES = 16

/** Safe because every envelope has a key of its own, used for one message only. */
const ZERO_NONCE = new Uint8Array(12)

/** A new envelope key. Use it for one envelope and no other. */
export function randomKey(): SecretBytes {
  return SecretBytes.random(ENVELOPE_KEY_BYTES)
}

/**
 * ChaCha20-Poly1305 (RFC 8439) with a zero nonce under a key used once.
 * @param associated authenticated but not encrypted; opening needs the same bytes
 * @returns ciphertext followed by the 16-byte tag
 * @throws KeystoreError bad-key-length, secret-too-long
 */
export function sealEnvelope(
  key: SecretBytes, associated: Uint8Array, plaintext: Uint8Array | SecretBytes,
): Uint8Array {
  checkKey(key)
  if (plaintext.length > MAX_SECRET_BYTES) {
    throw new KeystoreError('secret-too-long', `an envelope holds up to ${MAX_SECRET_BYTES} bytes`, 'Seal less.')
  }
  const sealed = new Uint8Array(plaintext.length + TAG_BYTES)
  const encrypt = (bytes: Uint8Array) => key.use((k) => {
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(sealed, bytes, associated, null, ZERO_NONCE, k)
  })
  if (plaintext instanceof SecretBytes) plaintext.use(encrypt)
  else encrypt(plaintext)
  return sealed
}

/**
 * @throws KeystoreError envelope-not-openable (key, associated data or bytes are not those of the sealing),
 *   bad-key-length
 */
export function openEnvelope(key: SecretBytes, associated: Uint8Array, sealed: Uint8Array): SecretBytes {
  checkKey(key)
  if (sealed.length < TAG_BYTES || sealed.length > MAX_SECRET_BYTES + TAG_BYTES) throw notOpenable()
  return key.use((k) => SecretBytes.allocate(sealed.length - TAG_BYTES, (plaintext) => {
    try {
      sodium.crypto_aead_chacha20poly1305_ietf_decrypt(plaintext, null, sealed, associated, ZERO_NONCE, k)
    } catch {
      throw notOpenable()
    }
  }))
}

function checkKey(key: SecretBytes): void {
  if (key.length === ENVELOPE_KEY_BYTES) return
  throw new KeystoreError('bad-key-length', `an envelope key has ${ENVELOPE_KEY_BYTES} bytes`, 'Pass the key itself.')
}

function notOpenable(): KeystoreError {
  return new KeystoreError(
    'envelope-not-openable',
    'the envelope does not open with this key and associated data',
    'Check that the shares belong to this envelope, and that its bytes are those of the manifest.',
  )
}
