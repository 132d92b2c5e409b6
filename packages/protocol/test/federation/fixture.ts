/** Real keys from fixed seeds, real Ed25519 and SHA-256: nothing here is faked. */
import { type KeyObject, createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import {
  type Card,
  type Change,
  type ChangeInit,
  type Consent,
  type CryptoPorts,
  type Definition,
  type DefinitionInit,
  type EncryptionKey,
  type Lock,
  type LockSignature,
  type Millis,
  type NodeKey,
  type OwnerKey,
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
} from '../../src/index.ts'

const PKCS8 = { ed25519: '302e020100300506032b657004220420', x25519: '302e020100300506032b656e04220420' }
const SPKI = { ed25519: '302a300506032b6570032100' }

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest())

function privateKeyNamed(curve: keyof typeof PKCS8, name: string): KeyObject {
  const seed = createHash('sha256').update(`belfry test ${curve} ${name}`).digest()
  const key = Buffer.concat([Buffer.from(PKCS8[curve], 'hex'), seed])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

function publicHex(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')
}

/** Every member checks what all members signed, before it signs: reading the same keys anew would take as long as that. */
const keysRead = new Map<string, KeyObject>()

function publicKeyOf(hex: string): KeyObject {
  const known = keysRead.get(hex)
  if (known) return known
  const key = createPublicKey({ key: Buffer.from(SPKI.ed25519 + hex, 'hex'), format: 'der', type: 'spki' })
  keysRead.set(hex, key)
  return key
}

function verifyNode(publicKey: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(null, bytes, publicKeyOf(publicKey), signature)
  } catch {
    return false
  }
}

export interface Keyring {
  readonly ports: CryptoPorts
  readonly node_key: NodeKey
  readonly encryption_key: EncryptionKey
}

/** The same keys for the same name. */
export function keyringNamed(name: string): Keyring {
  const node = privateKeyNamed('ed25519', name)
  return {
    ports: {
      sha256,
      verifyNode,
      verifyOwner: () => {
        throw new Error('no federation file is signed by an owner key')
      },
      sign: (bytes) => new Uint8Array(sign(null, bytes, node)),
    },
    node_key: publicHex(node) as NodeKey,
    encryption_key: publicHex(privateKeyNamed('x25519', name)) as EncryptionKey,
  }
}

/** For checks, which sign nothing. */
export const ports = keyringNamed('nobody').ports

export function memberCard(name: string, changes: Partial<Card> = {}): Card {
  const { ports, node_key, encryption_key } = keyringNamed(name)
  const addresses = [`/dns4/${name.replaceAll(' ', '-')}.example/tcp/9735`]
  return makeCard(ports, { role: 'member', name, node_key, encryption_key, owner_key: null, addresses, ...changes })
}

export function ownerCard(name: string, role: 'owner' | 'guardian' = 'owner'): Card {
  const { ports, node_key } = keyringNamed(name)
  // Any 32 bytes: no federation file is signed by an owner key.
  const owner_key = Buffer.from(sha256(Buffer.from(name))).toString('hex') as OwnerKey
  return makeCard(ports, { role, name, node_key, encryption_key: null, owner_key, addresses: [] })
}

export const CREATED_AT = 1_767_225_600_000 as Millis

export function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `tower-${at + 1}`)
}

export function definitionOf(names: readonly string[], changes: Partial<DefinitionInit> = {}): Definition {
  const cards = names.map((name) => memberCard(name))
  return define(ports, { name: 'Test federation', network: 'regtest', created_at: CREATED_AT, cards, ...changes })
}

export function signatureOf(name: string, definition: Definition): LockSignature {
  const { ports, node_key } = keyringNamed(name)
  return signDefinition(ports, definition, node_key)
}

export function lockOf(definition: Definition): Lock {
  return assembleLock(ports, definition, definition.members.map(({ name }) => signatureOf(name, definition)))
}

export function changeOf(previous: Lock, change: Partial<ChangeInit> = {}): Change {
  return proposeChange(ports, { previous, add: [], remove: [], created_at: CREATED_AT, ...change })
}

/** Of all members of the next lock. */
export function signaturesOf(change: Change): LockSignature[] {
  return change.definition.members.map(({ name }) => {
    const { ports, node_key } = keyringNamed(name)
    return signChange(ports, change, node_key)
  })
}

/** Of the members of the previous lock with these names. @param signatures of all members of the next one */
export function consentsTo(change: Change, names: readonly string[], signatures = signaturesOf(change)): Consent[] {
  const next = signedLock(ports, nextBody(change), signatures)
  return names.map((name) => {
    const { ports, node_key } = keyringNamed(name)
    return signConsent(ports, change.previous, next, node_key)
  })
}

/** Consented to by all that are in the previous lock. */
export function nextLockOf(change: Change): Lock {
  const names = change.previous.definition.members.map(({ name }) => name)
  const signatures = signaturesOf(change)
  return assembleNextLock(ports, change, signatures, consentsTo(change, names, signatures))
}
