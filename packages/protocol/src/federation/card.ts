/** `belfry-card.json`: how a member, owner or guardian introduces itself, signed by its own node key. */
import type { Hasher, Signer, Verifier } from '../crypto/index.ts'
import { hashOf } from '../crypto/index.ts'
import { type Hash32, type Infer, fromHex, s } from '../primitives/index.ts'
import { FederationError, refuseOn } from './errors.ts'
import { type FileKind, name, parseFile } from './file.ts'
import { encryptionKey, nodeKey, nodeSignature, ownerKey } from './keys.ts'
import { peerId, peerIdOf } from './peer-id.ts'

export const CARD_ROLES = ['member', 'owner', 'guardian'] as const
export type CardRole = (typeof CARD_ROLES)[number]

/** A host has a few addresses: IPv4, IPv6, a name, Tor. */
const MAX_ADDRESSES = 8
/** Onion addresses with ports and peer id stay below. */
const MAX_ADDRESS_CHARACTERS = 256
const MULTIADDR = /^(?:\/[A-Za-z0-9._:%~+=-]+)+$/

const address = s.textLike(
  MAX_ADDRESS_CHARACTERS,
  (text) => MULTIADDR.test(text),
  'an address such as /ip4/192.0.2.1/tcp/9735',
)
/** Multiaddr text. Their meaning is libp2p's to judge when it dials. */
export const addresses = s.list(address, MAX_ADDRESSES)

const signedFields = {
  format: s.literal('belfry-card'),
  version: s.literal(1),
  role: s.oneOf(...CARD_ROLES),
  name,
  /** Owners and guardians have one too: they connect with it. */
  node_key: nodeKey,
  peer_id: peerId,
  /** Members only. */
  encryption_key: s.nullable(encryptionKey),
  /** Owners and guardians only. */
  owner_key: s.nullable(ownerKey),
  addresses,
}
const signedSchema = s.struct(signedFields)
export const cardSchema = s.struct({ ...signedFields, signature: nodeSignature })
export type Card = Infer<typeof cardSchema>

/** A card as its owner gives it to makeCard. */
export type CardInit = Pick<Card, 'role' | 'name' | 'node_key' | 'encryption_key' | 'owner_key' | 'addresses'>

const CARD_FILE: FileKind<Card> = {
  name: 'belfry-card.json',
  format: 'belfry-card',
  version: 1,
  schema: cardSchema,
  max_characters: 16_384,
}

/** @throws FederationError */
export function parseCard(text: string): Card {
  return parseFile(CARD_FILE, text)
}

/** What the card's signature covers: everything but itself. */
export function cardDigest(hasher: Hasher, card: Omit<Card, 'signature'>): Hash32 {
  return hashOf(hasher, 'card', signedSchema, card) as Hash32
}

/**
 * Makes and signs a card; the signer's key must be `node_key`.
 * @throws FederationError where the card would not verify
 */
export function makeCard(ports: Hasher & Signer & Verifier, init: CardInit): Card {
  const unsigned = { format: 'belfry-card' as const, version: 1 as const, ...init, peer_id: peerIdOf(init.node_key) }
  const card = { ...unsigned, signature: ports.sign(fromHex(cardDigest(ports, unsigned))) }
  refuseOn(verifyCard(ports, card))
  return card
}

/** Everything wrong with a card; none means that the holder of node_key made it as it is. */
export function verifyCard(ports: Hasher & Verifier, card: Card): readonly FederationError[] {
  return [...checkPeerId(card), ...checkKeysOfRole(card), ...checkAddresses(card), ...checkSignature(ports, card)]
}

function checkPeerId(card: Card): FederationError[] {
  if (card.peer_id === peerIdOf(card.node_key)) return []
  return [
    new FederationError(
      'card-peer-id-differs',
      `The card of ${card.name} names another peer id than the one of its node key.`,
      'Ask for the card again; do not use this one.',
    ),
  ]
}

function checkKeysOfRole({ role, name, encryption_key, owner_key }: Card): FederationError[] {
  const isMember = role === 'member'
  if ((encryption_key !== null) === isMember && (owner_key !== null) === !isMember) return []
  const expected = isMember ? 'an encryption key and no owner key' : 'an owner key and no encryption key'
  return [
    new FederationError(
      'card-keys-wrong-for-role',
      `The card of ${name} has the role ${role}, which has ${expected}, but this card differs.`,
      `Make the card again with: belfry init --role ${role}`,
    ),
  ]
}

const DIALLED_PEER = /\/p2p\/([^/]+)$/

/** An address may end in the peer id that answers there; then it is the card's own. */
function checkAddresses({ name, addresses, peer_id }: Card): FederationError[] {
  const foreign = addresses.find((text) => {
    const dialled = DIALLED_PEER.exec(text)?.[1]
    return dialled !== undefined && dialled !== peer_id
  })
  if (foreign === undefined) return []
  return [
    new FederationError(
      'card-address-of-other',
      `The card of ${name} has the address ${foreign}, which ends in another peer id than its own.`,
      'Ask for a card with the right address.',
    ),
  ]
}

function checkSignature(ports: Hasher & Verifier, card: Card): FederationError[] {
  if (ports.verifyNode(card.node_key, fromHex(cardDigest(ports, card)), card.signature)) return []
  return [
    new FederationError(
      'card-signature-wrong',
      `The card of ${card.name} was not signed by its node key, or was changed afterwards.`,
      'Ask for the card again over a channel that you trust; do not use this one.',
    ),
  ]
}
