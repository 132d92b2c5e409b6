/** The part of sodium-native 5.1 that this package calls; the package ships no types. Functions throw on failure. */
declare module 'sodium-native' {
  /** A Buffer over its own guarded allocation. `buffer` holds exactly these bytes. */
  interface SecureBuffer extends Buffer<ArrayBuffer> {
    readonly secure: true
  }

  interface Sodium {
    /** Aborts the process when the address space has no room for another allocation. */
    sodium_malloc(size: number): SecureBuffer
    /** Detaches the buffer at once; zeroes, unlocks and unmaps it on a later turn of the event loop. */
    sodium_free(buffer: SecureBuffer): void
    sodium_mlock(buffer: Uint8Array): void
    /** Zeroes the bytes, then unlocks them. */
    sodium_munlock(buffer: Uint8Array): void
    sodium_memzero(buffer: Uint8Array): void
    /** Constant time; throws where the lengths differ. */
    sodium_memcmp(a: Uint8Array, b: Uint8Array): boolean
    randombytes_buf(buffer: Uint8Array): void

    crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean

    crypto_scalarmult_base(publicKey: Uint8Array, secretKey: Uint8Array): void
    /** Throws where the shared point is all zero. */
    crypto_scalarmult(shared: Uint8Array, secretKey: Uint8Array, publicKey: Uint8Array): void

    crypto_aead_chacha20poly1305_ietf_encrypt: Encrypt
    crypto_aead_chacha20poly1305_ietf_decrypt: Decrypt
    crypto_aead_xchacha20poly1305_ietf_encrypt: Encrypt
    crypto_aead_xchacha20poly1305_ietf_decrypt: Decrypt
  }

  type Encrypt = (
    ciphertext: Uint8Array,
    plaintext: Uint8Array,
    associatedData: Uint8Array | null,
    secretNonce: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ) => number

  type Decrypt = (
    plaintext: Uint8Array,
    secretNonce: null,
    ciphertext: Uint8Array,
    associatedData: Uint8Array | null,
    nonce: Uint8Array,
    key: Uint8Array,
  ) => number

  const sodium: Sodium
  export default sodium
}
