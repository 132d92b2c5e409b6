/** Locks of one federation that change their members, with real keys. */
import { type KeyObject, createPublicKey, generateKeyPairSync } from 'node:crypto'
import {
  type Card,
  type CryptoPorts,
  type EncryptionKey,
  type Lock,
  type NodeKey,
  assembleLock,
  assembleNextLock,
  define,
  makeCard,
  nextBody,
  proposeChange,
  signChange,
  signConsent,
  signDefinition,
  signedLock,
} from '@belfry/protocol'
import type { Millis } from '@belfry/protocol/primitives'
import type { NodeKeys } from '@belfry/keystore'
import { START_MS, portsOf, privateKey } from '../views/federation.ts'

export interface Somebody {
  readonly name: string
  readonly node_key: NodeKey
  readonly ports: CryptoPorts
  readonly card: Card
}

export const ports = portsOf(privateKey())

export function somebody(name: string): Somebody {
  const key = privateKey()
  const node_key = publicHex(key) as NodeKey
  const encryption_key = publicHex(generateKeyPairSync('x25519').privateKey) as EncryptionKey
  const card = makeCard(portsOf(key), { role: 'member', name, node_key, encryption_key, owner_key: null, addresses: [] })
  return { name, node_key, ports: portsOf(key), card }
}

/** With keys as a node has them. */
export function nodeNamed(name: string, keys: NodeKeys): Somebody {
  const node_key = keys.nodePublicKey as NodeKey
  const own = { ...ports, sign: (bytes: Uint8Array) => keys.sign(bytes) }
  const card = makeCard(own, {
    role: 'member', name, node_key, encryption_key: keys.encryptionPublicKey as EncryptionKey, owner_key: null, addresses: [],
  })
  return { name, node_key, ports: own, card }
}

function publicHex(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')
}

export function firstLock(members: readonly Somebody[]): Lock {
  const definition = define(ports, { name: 'Test federation', network: 'regtest', created_at: START_MS, cards: members.map(({ card }) => card) })
  return assembleLock(ports, definition, members.map((member) => signDefinition(member.ports, definition, member.node_key)))
}

/** One goes, one comes; all others of the previous lock consent. */
export function lockAfter(previous: Lock, members: readonly Somebody[], goes: Somebody, comes: Somebody): { lock: Lock; members: Somebody[] } {
  const change = proposeChange(ports, { previous, add: [comes.card], remove: [goes.name], created_at: (START_MS + 1) as Millis })
  const stay = members.filter((member) => member !== goes)
  const signatures = [...stay, comes].map((member) => signChange(member.ports, change, member.node_key))
  const next = signedLock(ports, nextBody(change), signatures)
  const consents = stay.map((member) => signConsent(member.ports, previous, next, member.node_key))
  return { lock: assembleNextLock(ports, change, signatures, consents), members: [...stay, comes] }
}
