/** Keys and a lock of a federation on loopback, the same keys in every run. */
import { createHash } from 'node:crypto'
import { NodeKeys, OwnerKey, SecretBytes } from '@belfry/keystore'
import {
  type Card,
  type EncryptionKey,
  Federation,
  type Network,
  type NodeKey,
  type ThresholdChoices,
  assembleLock,
  define,
  makeCard,
  signDefinition,
} from '@belfry/protocol'
import type { Millis } from '@belfry/protocol/primitives'
import { portsOf, verifier } from '../../src/index.ts'

export interface TestFederation {
  readonly federation: Federation
  /** In the order of the members. */
  readonly keys: readonly NodeKeys[]
  readonly owner: NodeKeys
  readonly root: OwnerKey
}

export interface FederationOptions {
  readonly name?: string
  readonly network?: Network
  /** Of members 1..n; none by default. */
  readonly addresses?: readonly string[]
  readonly thresholds?: ThresholdChoices
}

function secret(label: string, length: 32 | 64): SecretBytes {
  const digest = createHash(length === 64 ? 'sha512' : 'sha256')
    .update(`belfry client test/${label}`)
    .digest()
  return SecretBytes.from(new Uint8Array(digest))
}

export function makeFederation(
  members: number,
  { name = 'test', network = 'regtest', addresses = [], thresholds = {} }: FederationOptions = {},
): TestFederation {
  const keys = Array.from({ length: members }, (_, at) => new NodeKeys(secret(`member ${at + 1}`, 64)))
  const cards = keys.map((one, at) =>
    makeCard(portsOf(one), {
      role: 'member',
      name: `tower-${at + 1}`,
      node_key: one.nodePublicKey as NodeKey,
      encryption_key: one.encryptionPublicKey as EncryptionKey,
      owner_key: null,
      addresses: addresses[at] === undefined ? [] : [addresses[at]],
    } satisfies Pick<Card, 'role' | 'name' | 'node_key' | 'encryption_key' | 'owner_key' | 'addresses'>),
  )
  const definition = define(verifier, { name, network, created_at: 0 as Millis, cards, thresholds })
  const signatures = keys.map((one) => signDefinition(portsOf(one), definition, one.nodePublicKey as NodeKey))
  const federation = Federation.fromLock(verifier, assembleLock(verifier, definition, signatures))
  return { federation, keys, owner: new NodeKeys(secret('owner', 64)), root: new OwnerKey(secret('root', 32)) }
}
