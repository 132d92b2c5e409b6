/** What the core needs of cryptography: synchronous and deterministic, given by the shell or, in simulation, faked. */
export interface Hasher {
  /** Keeps nothing of what it is given, which is written over next. */
  readonly sha256: (bytes: Uint8Array) => Uint8Array
}

export interface Verifier {
  /** Ed25519 (RFC 8032). `publicKey` is 32 bytes in hex. False for anything that is no valid signature; never throws. */
  readonly verifyNode: (publicKey: string, bytes: Uint8Array, signature: Uint8Array) => boolean
  /** BIP-340. `publicKey` is x-only, 32 bytes in hex; `digest` is 32 bytes. Never throws. */
  readonly verifyOwner: (publicKey: string, digest: Uint8Array, signature: Uint8Array) => boolean
}

export interface Signer {
  /** Ed25519 with this member's node key; 64 bytes. */
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

export type CryptoPorts = Hasher & Verifier & Signer
