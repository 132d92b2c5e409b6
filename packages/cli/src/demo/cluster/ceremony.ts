/**
 * The ceremony that founds a federation, by the functions behind `belfry init` and `belfry federation define|sign|lock`:
 * here all members are on one machine, and their keys are random.
 */
import { randomBytes } from 'node:crypto'
import {
  type Card, Federation, type Millis, type NodeKey, type NodeKeys, type OwnerKey, type OwnerKeyName, SecretBytes, assembleLock, cardToJson,
  createNodeKeys, createOwnerKey, define, lockToJson, makeCard, makeFolder, portsOf, signDefinition, verifier, writeFiles,
} from '@belfry/client'
import { LEAST_COST, type ThresholdChoices } from '@belfry/client/regtest'
import { type MemberFiles, type OwnerFiles, lockFile, memberFiles, nameOf, ownerFiles } from './files.ts'

const PASSPHRASE_BYTES = 16

export interface CeremonyInit {
  readonly dir: string
  readonly name: string
  /** Where each member will listen for the others, in the order of the members. */
  readonly addresses: readonly string[]
  readonly thresholds: ThresholdChoices
  readonly heartbeat_ms: number
  readonly created_at: Millis
}

export interface Seat {
  readonly name: string
  /** As in its card. */
  readonly address: string
  readonly files: MemberFiles
}

/** The owner's two keys: one to connect with, one to sign manifests. */
export interface OwnerKeys {
  readonly connect: NodeKeys
  readonly root: OwnerKey
  readonly files: OwnerFiles
}

export interface Founded {
  readonly federation: Federation
  readonly lock: string
  /** In the order of the members. */
  readonly seats: readonly Seat[]
}

/** @throws FederationError where the thresholds break a rule; nothing is written then but keys */
export async function found(init: CeremonyInit): Promise<Founded> {
  const { dir, name, addresses, thresholds, heartbeat_ms, created_at } = init
  const seats = addresses.map((address, at) => seatOf(dir, at + 1, address))
  const members = await Promise.all(seats.map(makeMember))
  try {
    const definition = define(verifier, {
      name,
      network: 'regtest',
      created_at,
      cards: members.map(({ card }) => card),
      thresholds,
      timing: { heartbeat_ms: heartbeat_ms as Millis },
    })
    const signatures = members.map(({ keys }) => signDefinition(portsOf(keys), definition, keys.nodePublicKey as NodeKey))
    const lock = assembleLock(verifier, definition, signatures)
    await writeFiles([{ path: lockFile(dir), content: lockToJson(lock), privacy: 'public' }])
    return { federation: Federation.fromLock(verifier, lock), lock: lockFile(dir), seats }
  } finally {
    for (const { keys } of members) keys.wipe()
  }
}

function seatOf(dir: string, index: number, address: string): Seat {
  const name = nameOf(index)
  return { name, address, files: memberFiles(dir, name) }
}

async function makeMember({ name, address, files }: Seat): Promise<{ keys: NodeKeys; card: Card }> {
  await makeFolder(files.dataDir)
  using passphrase = await makePassphrase(files.passphrase)
  const keys = await createNodeKeys({ path: files.keystore, passphrase, cost: LEAST_COST })
  const card = makeCard(portsOf(keys), {
    role: 'member',
    name,
    node_key: keys.nodePublicKey as NodeKey,
    encryption_key: keys.encryptionPublicKey as NonNullable<Card['encryption_key']>,
    owner_key: null,
    addresses: [address],
  })
  await writeFiles([{ path: files.card, content: cardToJson(card), privacy: 'public' }])
  return { keys, card }
}

/** The caller wipes the keys. */
export async function makeOwner(dir: string): Promise<OwnerKeys> {
  const files = ownerFiles(dir)
  await makeFolder(files.dataDir)
  using passphrase = await makePassphrase(files.passphrase)
  const connect = await createNodeKeys({ path: files.connectKeys, passphrase, cost: LEAST_COST })
  const root = await createOwnerKey({ path: files.ownerKey, passphrase, cost: LEAST_COST })
  const card = makeCard(portsOf(connect), {
    role: 'owner',
    name: 'owner',
    node_key: connect.nodePublicKey as NodeKey,
    encryption_key: null,
    owner_key: root.publicKey as OwnerKeyName,
    addresses: [],
  })
  await writeFiles([{ path: files.card, content: cardToJson(card), privacy: 'public' }])
  return { connect, root, files }
}

async function makePassphrase(path: string): Promise<SecretBytes> {
  const text = randomBytes(PASSPHRASE_BYTES).toString('hex')
  await writeFiles([{ path, content: `${text}\n`, privacy: 'private' }])
  return SecretBytes.from(Buffer.from(text))
}
