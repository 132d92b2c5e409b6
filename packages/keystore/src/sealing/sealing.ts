import sodium from 'sodium-native'
import { concat } from '@belfry/protocol/primitives'
import { KeystoreError } from '../errors.ts'
import { MAX_SECRET_BYTES, SecretBytes, ZeroedAtEnd } from '../memory/index.ts'
import { KEY_BYTES, messageKey, sharedSecret, TAG_BYTES, x25519PublicKey } from './hpke.ts'

/** What sealing adds: the encapsulated key and the tag. */
export const SEALED_OVERHEAD_BYTES = KEY_BYTES + TAG_BYTES

export interface Sealing {
  /** X25519, 32 bytes. */
  readonly recipientPublicKey: Uint8Array
  /** Binds the sealed bytes to their purpose; opening needs the same. */
  readonly info: Uint8Array
  readonly plaintext: SecretBytes | Uint8Array
  /** Associated data, empty where omitted. */
  readonly aad?: Uint8Array
}

export interface Opening {
  /** X25519, 32 bytes. */
  readonly privateKey: SecretBytes
  /** The one of `privateKey`; given, it need not be derived again. */
  readonly publicKey?: Uint8Array
  readonly info: Uint8Array
  readonly sealed: Uint8Array
  readonly aad?: Uint8Array
}

const NO_AAD = new Uint8Array(0)

/**
 * Seals to one recipient: HPKE (RFC 9180) base mode, single shot.
 * @returns enc (32 bytes) ‖ ciphertext ‖ tag (16 bytes)
 * @throws KeystoreError bad-public-key, secret-too-long
 */
export function seal(sealing: Sealing): Uint8Array {
  using ephemeral = SecretBytes.random(KEY_BYTES)
  return sealWith(ephemeral, sealing)
}

/** seal() with the ephemeral key given, for test vectors: one that is used twice gives both plaintexts away. */
export function sealWith(ephemeral: SecretBytes, sealing: Sealing): Uint8Array {
  const { recipientPublicKey, info, plaintext, aad = NO_AAD } = sealing
  if (recipientPublicKey.length !== KEY_BYTES) throw badPublicKey()
  if (plaintext.length > MAX_SECRET_BYTES) {
    throw new KeystoreError('secret-too-long', `at most ${MAX_SECRET_BYTES} bytes can be sealed`, 'Seal less.')
  }
  const encapsulated = x25519PublicKey(ephemeral)
  using zeroed = new ZeroedAtEnd()
  const context = concat(encapsulated, recipientPublicKey)
  const shared = zeroed.add(meet(ephemeral, recipientPublicKey, context, badPublicKey))
  const { key, nonce } = messageKey(shared, info)
  zeroed.add(key)
  const ciphertext = new Uint8Array(plaintext.length + TAG_BYTES)
  const encrypt = (bytes: Uint8Array) => {
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(ciphertext, bytes, aad, null, nonce, key)
  }
  if (plaintext instanceof SecretBytes) plaintext.use(encrypt)
  else encrypt(plaintext)
  return concat(encapsulated, ciphertext)
}

/**
 * Opens what seal() made, into locked memory.
 * @throws KeystoreError sealed-not-openable, bad-key-length
 */
export function open({ privateKey, publicKey, info, sealed, aad = NO_AAD }: Opening): SecretBytes {
  if (privateKey.length !== KEY_BYTES) {
    throw new KeystoreError('bad-key-length', `an X25519 private key has ${KEY_BYTES} bytes`, 'Pass the key itself.')
  }
  if (sealed.length < SEALED_OVERHEAD_BYTES || sealed.length > MAX_SECRET_BYTES + SEALED_OVERHEAD_BYTES) {
    throw notOpenable()
  }
  const encapsulated = sealed.subarray(0, KEY_BYTES)
  const ciphertext = sealed.subarray(KEY_BYTES)
  using zeroed = new ZeroedAtEnd()
  const context = concat(encapsulated, publicKey ?? x25519PublicKey(privateKey))
  const shared = zeroed.add(meet(privateKey, encapsulated, context, notOpenable))
  const { key, nonce } = messageKey(shared, info)
  zeroed.add(key)
  return SecretBytes.allocate(ciphertext.length - TAG_BYTES, (plaintext) => {
    try {
      sodium.crypto_aead_chacha20poly1305_ietf_decrypt(plaintext, null, ciphertext, aad, nonce, key)
    } catch {
      throw notOpenable()
    }
  })
}

function meet(
  privateKey: SecretBytes, peer: Uint8Array, context: Uint8Array, refusal: () => KeystoreError,
): Uint8Array {
  try {
    return sharedSecret(privateKey, peer, context)
  } catch (error) {
    throw error instanceof KeystoreError ? error : refusal()
  }
}

function badPublicKey(): KeystoreError {
  return new KeystoreError(
    'bad-public-key',
    'the recipient\'s encryption key is no usable X25519 public key',
    'Take the key from the federation lock.',
  )
}

function notOpenable(): KeystoreError {
  return new KeystoreError(
    'sealed-not-openable',
    'the sealed bytes do not open with this key for this purpose',
    'Check that they were sealed to this member, under this lock, manifest and envelope.',
  )
}
