/** Who this node is: the locks that it was given, each verified in itself, its own unlocked keys, its owners. */
import { readFile, stat } from 'node:fs/promises'
import { type NodeKeys, openNodeKeys, readPassphraseFile, sha256, verifyEd25519, verifySchnorr } from '@belfry/keystore'
import { Federation, type Lock, parseCard, parseLock, refuseOn, verifyCard, verifyLock } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { NodeConfig } from './config/index.ts'
import { NodeError } from './errors.ts'

/** A lock of 64 members with all its signatures is under 100 kB. */
const MAX_FILE_BYTES = 1024 * 1024

/** How this node hashes and verifies; signing comes with its unlocked keys. */
export const verifier = { sha256, verifyNode: verifyEd25519, verifyOwner: verifySchnorr }

export interface Owner {
  readonly name: string
  readonly peer_id: string
  readonly root: string
}

export interface Membership {
  /** As configured, in any order. That they follow each other is for whoever adopts them. */
  readonly locks: readonly Lock[]
  readonly keys: NodeKeys
  readonly owners: readonly Owner[]
}

/** Which member of which epoch. */
export interface Place {
  readonly federation: Federation
  readonly self: MemberIndex
}

/** @throws NodeError, FederationError, KeystoreError; nothing is left unlocked */
export async function openMembership(config: NodeConfig): Promise<Membership> {
  const locks = await Promise.all([config.lock, ...config.previous_locks].map(readLock))
  const owners = await Promise.all(config.owners.map(readOwner))
  using passphrase = await readPassphraseFile(config.passphrase_file, {
    allowGroupReadable: config.allow_group_readable_passphrase,
  })
  const keys = await openNodeKeys({ path: config.keystore, passphrase })
  if (placesOf(locks, keys).length > 0) return { locks, keys, owners }
  keys.wipe()
  throw new NodeError(
    'not-a-member',
    `the keys in ${config.keystore} belong to no member of the federation "${locks[0]?.definition.name ?? ''}"`,
    'Use the keystore whose card went into the definition, or the lock file of the right federation.',
  )
}

/** Where these keys are a member's, in the order of the locks. */
export function placesOf(locks: readonly Lock[], keys: NodeKeys): Place[] {
  return locks.flatMap((lock) => {
    const federation = Federation.fromLock(verifier, lock)
    const member = federation.members.find(({ node_key }) => node_key === keys.nodePublicKey)
    return member?.encryption_key === keys.encryptionPublicKey ? [{ federation, self: member.index }] : []
  })
}

async function readLock(path: string): Promise<Lock> {
  const lock = parseLock(await readText(path, 'the federation lock'))
  refuseOn(verifyLock(verifier, lock))
  return lock
}

async function readOwner(path: string): Promise<Owner> {
  const card = parseCard(await readText(path, 'an owner card'))
  refuseOn(verifyCard(verifier, card))
  if (card.role !== 'owner' || card.owner_key === null) {
    throw new NodeError('not-an-owner-card', `${path} is the card of a ${card.role}`, 'List cards made with `belfry init --role owner`.')
  }
  return { name: card.name, peer_id: card.peer_id, root: card.owner_key }
}

async function readText(path: string, what: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > MAX_FILE_BYTES) throw new Error(`it has ${size} bytes`)
    return await readFile(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown'
    throw new NodeError('file-unreadable', `${what} cannot be read: ${reason}`, 'Check the path in the configuration, and who may read it.')
  }
}
