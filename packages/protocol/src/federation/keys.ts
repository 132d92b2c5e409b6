/** Public keys as hex strings, branded by use so that none is taken for another. */
import type { Branded } from '../primitives/index.ts'
import { s } from '../primitives/index.ts'

/** Ed25519: the libp2p identity, and signs messages and federation files. */
export type NodeKey = Branded<string, 'NodeKey'>
/** X25519: shares are sealed to it. */
export type EncryptionKey = Branded<string, 'EncryptionKey'>
/** secp256k1, BIP-340 x-only: signs an owner's or guardian's commands. */
export type OwnerKey = Branded<string, 'OwnerKey'>

const KEY_BYTES = 32
const SIGNATURE_BYTES = 64

export const nodeKey = s.hex<NodeKey>(KEY_BYTES)
export const encryptionKey = s.hex<EncryptionKey>(KEY_BYTES)
export const ownerKey = s.hex<OwnerKey>(KEY_BYTES)
/** Ed25519. */
export const nodeSignature = s.blob(SIGNATURE_BYTES, SIGNATURE_BYTES)
