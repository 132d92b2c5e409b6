/** `federation.definition.json`: who and how, before anybody signed it. */
import type { Hasher, Verifier } from '../crypto/index.ts'
import { hashOf } from '../crypto/index.ts'
import type { DefinitionHash, Infer, MemberIndex, Millis } from '../primitives/index.ts'
import { fromCbor, s, toCbor } from '../primitives/index.ts'
import { type Card, addresses, verifyCard } from './card.ts'
import { FederationError, refuseOn } from './errors.ts'
import { type FileKind, name, parseFile } from './file.ts'
import { encryptionKey, nodeKey, nodeSignature } from './keys.ts'
import { type Network, genesisHashOf, network } from './network.ts'
import { peerId } from './peer-id.ts'
import { MAX_MEMBERS, type ThresholdChoices, checkThresholds, thresholdsSchema, withDefaults } from './thresholds.ts'
import { DEFAULT_TIMING, type Timing, checkTiming, timingSchema } from './timing.ts'

/** A member's card without what all member cards share; `cardOf` gives the card back. */
const member = s.struct({
  index: s.memberIndex,
  name,
  node_key: nodeKey,
  peer_id: peerId,
  encryption_key: encryptionKey,
  addresses,
  card_signature: nodeSignature,
})
export type DefinitionMember = Infer<typeof member>

const hashedFields = {
  format: s.literal('belfry-federation-definition'),
  version: s.literal(1),
  name,
  network,
  genesis_hash: s.blockHash,
  created_at: s.millis,
  members: s.list(member, MAX_MEMBERS),
  thresholds: thresholdsSchema,
  timing: timingSchema,
  /** Must be true on mainnet: nobody guards real coins with Belfry unawares of its age. */
  experimental_mainnet: s.bool,
}
const hashedSchema = s.struct(hashedFields)
export const definitionSchema = s.struct({ ...hashedFields, definition_hash: s.hex<DefinitionHash>(32) })
export type Definition = Infer<typeof definitionSchema>

const DEFINITION_FILE: FileKind<Definition> = {
  name: 'federation.definition.json',
  format: 'belfry-federation-definition',
  version: 1,
  schema: definitionSchema,
  // 64 members of eight addresses each, all at their maxima, indented.
  max_characters: 262_144,
}

/** @throws FederationError */
export function parseDefinition(text: string): Definition {
  return parseFile(DEFINITION_FILE, text)
}

export interface DefinitionInit {
  readonly name: string
  readonly network: Network
  readonly created_at: Millis
  /** Member cards, in any order. */
  readonly cards: readonly Card[]
  readonly thresholds?: ThresholdChoices
  readonly timing?: Partial<Timing>
  readonly experimental_mainnet?: boolean
}

/**
 * Builds a definition; the same cards in any order give the same members.
 * @throws FederationError the first thing that is wrong with the cards or the choices
 * @throws SchemaError where a name or number breaks its limit
 */
export function define(ports: Hasher & Verifier, init: DefinitionInit): Definition {
  refuseOn(init.cards.flatMap((card) => verifyCard(ports, card)))
  const unhashed = {
    format: 'belfry-federation-definition' as const,
    version: 1 as const,
    name: init.name,
    network: init.network,
    genesis_hash: genesisHashOf(init.network),
    created_at: init.created_at,
    members: init.cards.toSorted(byName).map((card, at) => memberOfCard(card, at + 1)),
    thresholds: withDefaults(init.cards.length, init.thresholds),
    timing: { ...DEFAULT_TIMING, ...init.timing },
    experimental_mainnet: init.experimental_mainnet ?? false,
  }
  // First the rules, whose sentences help more than "over-limit" at a member index of 65.
  refuseOn(checkThresholds(init.cards.length, unhashed.thresholds))
  const definition = { ...unhashed, definition_hash: definitionHash(ports, unhashed) }
  refuseOn(checkDefinition(ports, definition))
  // A copy of its own, and proof that what was built can be read back.
  return fromCbor(definitionSchema, toCbor(definitionSchema, definition))
}

/** Everything wrong with a definition, cards included; none means that it may be signed. */
export function checkDefinition(ports: Hasher & Verifier, definition: Definition): readonly FederationError[] {
  const { members, thresholds, timing, network } = definition
  return [
    ...checkThresholds(members.length, thresholds),
    ...checkTiming(network, timing),
    ...checkNetwork(definition),
    ...checkIndices(members),
    ...checkUnique(members),
    ...members.flatMap((member) => verifyCard(ports, cardOf(member))),
    ...checkHash(ports, definition),
  ]
}

export function definitionHash(hasher: Hasher, definition: Omit<Definition, 'definition_hash'>): DefinitionHash {
  return hashOf(hasher, 'definition', hashedSchema, definition) as DefinitionHash
}

/** The card that a member of a definition signed. */
export function cardOf(member: DefinitionMember): Card {
  const { name, node_key, peer_id, encryption_key, addresses, card_signature: signature } = member
  const fixed = { format: 'belfry-card', version: 1, role: 'member', owner_key: null } as const
  return { ...fixed, name, node_key, peer_id, encryption_key, addresses, signature }
}

function memberOfCard(card: Card, at: number): DefinitionMember {
  const { role, name, node_key, peer_id, encryption_key, addresses, signature } = card
  if (role !== 'member' || encryption_key === null) {
    throw new FederationError(
      'not-a-member-card',
      `${name} is the card of ${role === 'owner' ? 'an' : 'a'} ${role}; a federation is made of member cards.`,
      `Leave it out, or ask ${name} for a card made with: belfry init --role member`,
    )
  }
  return { index: at as MemberIndex, name, node_key, peer_id, encryption_key, addresses, card_signature: signature }
}

/** Numbers in names count as numbers: tower-2 comes before tower-10. No locale: it must be the same everywhere. */
function byName(a: Card, b: Card): number {
  return order(sortKey(a.name), sortKey(b.name)) || order(a.name, b.name) || order(a.node_key, b.node_key)
}

function sortKey(name: string): string {
  return name.toLowerCase().replaceAll(/[0-9]+/g, (digits) => digits.padStart(64, '0'))
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function checkNetwork({ network, genesis_hash, experimental_mainnet }: Definition): FederationError[] {
  const findings: FederationError[] = []
  if (genesis_hash !== genesisHashOf(network)) {
    findings.push(
      new FederationError(
        'genesis-hash-differs',
        `The genesis hash ${genesis_hash} is not that of ${network} (${genesisHashOf(network)}).`,
        'Define the federation again for the network that you mean.',
      ),
    )
  }
  if (network === 'mainnet' && !experimental_mainnet) {
    findings.push(
      new FederationError(
        'mainnet-without-flag',
        'On mainnet a federation must say "experimental_mainnet": true, for it guards real coins with young software.',
        'Use testnet4 or signet, or define it again with --experimental-mainnet once you accept the risk.',
      ),
    )
  }
  return findings
}

function checkIndices(members: readonly DefinitionMember[]): FederationError[] {
  const wrong = members.findIndex(({ index }, at) => index !== at + 1)
  const found = members[wrong]
  if (!found) return []
  return [
    new FederationError(
      'member-index-wrong',
      `${found.name} has the index ${found.index}, but stands at place ${wrong + 1}.`,
      'Define the federation again from its cards.',
    ),
  ]
}

function checkUnique(members: readonly DefinitionMember[]): FederationError[] {
  return [
    ...members.flatMap((member, at) => {
      // Without regard to case: people read these names in alarms.
      const twin = members.slice(0, at).find((earlier) => earlier.name.toLowerCase() === member.name.toLowerCase())
      if (!twin) return []
      return [
        new FederationError(
          'duplicate-name',
          `Members ${twin.index} and ${member.index} are both called ${member.name}.`,
          'Ask one of them for a card with another name, or leave out a card given twice.',
        ),
      ]
    }),
    ...(['node_key', 'peer_id', 'encryption_key'] as const).flatMap((key) => checkUniqueKey(members, key)),
  ]
}

function checkUniqueKey(
  members: readonly DefinitionMember[],
  key: 'node_key' | 'peer_id' | 'encryption_key',
): FederationError[] {
  return members.flatMap((member, at) => {
    const twin = members.slice(0, at).find((earlier) => earlier[key] === member[key])
    if (!twin) return []
    return [
      new FederationError(
        'duplicate-key',
        `${twin.name} (member ${twin.index}) and ${member.name} (member ${member.index}) have the same ${key}.`,
        'Every member makes its own keys with: belfry init --role member',
      ),
    ]
  })
}

function checkHash(hasher: Hasher, definition: Definition): FederationError[] {
  const hash = definitionHash(hasher, definition)
  if (hash === definition.definition_hash) return []
  return [
    new FederationError(
      'definition-hash-differs',
      `The definition hashes to ${hash}, but says ${definition.definition_hash}: it was changed after it was made.`,
      'Get the definition again from whoever made it, and compare the hash with the other members.',
    ),
  ]
}
