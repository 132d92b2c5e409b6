/** A libp2p peer id from a node key, so that the core needs no libp2p (libp2p specs, peer-ids/peer-ids.md). */
import { type Branded, concat, fromHex, s } from '../primitives/index.ts'
import type { NodeKey } from './keys.ts'

/** base58btc text of the multihash, `12D3KooW…` for Ed25519. */
export type PeerId = Branded<string, 'PeerId'>

/** Ed25519 peer ids have 52 characters; room for other key types is for the error that says they differ. */
const MAX_CHARACTERS = 64
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const BASE58_TEXT = /^[1-9A-HJ-NP-Za-km-z]+$/

export const peerId = s.textLike<PeerId>(MAX_CHARACTERS, (text) => BASE58_TEXT.test(text), 'a peer id in base58')

/** Multihash identity (00), 36 bytes; protobuf PublicKey {type (08): Ed25519 (01), data (12): 32 bytes (20)}. */
const MULTIHASH_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)

export function peerIdOf(key: NodeKey): PeerId {
  return base58(concat(MULTIHASH_PREFIX, fromHex(key))) as PeerId
}

function base58(bytes: Uint8Array): string {
  let value = 0n
  for (const byte of bytes) value = value * 256n + BigInt(byte)
  let text = ''
  for (; value > 0n; value /= 58n) text = BASE58.charAt(Number(value % 58n)) + text
  // A leading zero byte has no weight in the number: it is written as one '1' each.
  const zeros = bytes.findIndex((byte) => byte !== 0)
  return '1'.repeat(zeros < 0 ? bytes.length : zeros) + text
}
