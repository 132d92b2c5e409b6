import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'
import { fromHex, isHex32 } from '@belfry/protocol/primitives'
import { NetworkError } from '../errors.ts'

/** The length of an Ed25519 peer id as text is 52; any other kind of id is at most twice that. */
const PEER_ID_TEXT_MAX = 128

/**
 * The libp2p peer id of an Ed25519 public key (32 bytes, lower-case hex).
 * @throws NetworkError `bad-identity`
 */
export function peerIdOf(publicKey: string): string {
  if (!isHex32(publicKey)) throw badIdentity('a node key is 64 lower-case hex digits')
  return peerIdFromPublicKey(publicKeyFromRaw(fromHex(publicKey))).toString()
}

/** @throws NetworkError `bad-identity` unless the text is the canonical text of an Ed25519 peer id */
export function checkPeerId(text: string): void {
  if (text.length > PEER_ID_TEXT_MAX) throw badIdentity('the peer id is too long')
  const peerId = tryParse(text)
  // One text per id: ids are compared as text, and libp2p also reads other encodings of the same id.
  if (peerId?.type !== 'Ed25519' || peerId.toString() !== text) throw badIdentity(`"${text}" is no Ed25519 peer id`)
}

function tryParse(text: string): PeerId | null {
  try {
    return peerIdFromString(text)
  } catch {
    return null
  }
}

function badIdentity(sentence: string): NetworkError {
  return new NetworkError('bad-identity', sentence,
    'Take node keys and peer ids from the cards and the lock, unchanged.')
}
