/** A federation as the ceremony makes it: cards, definition, every member's signature, lock. */
import { Federation, type Lock, type ThresholdChoices, type Timing, assembleLock, define, makeCard, signDefinition } from '@belfry/protocol'
import type { CardInit } from '@belfry/protocol'
import { type MemberIndex, type Millis, toHex } from '@belfry/protocol/primitives'
import { type CryptoSuite, type KeyPair, portsOf } from '../crypto/index.ts'
import type { MachineNumber } from '../network/index.ts'
import { EPOCH_MS, type Random } from '../world/index.ts'

export interface MemberKeys {
  readonly node: KeyPair
  /** X25519 in life; here the public key alone, for the sealing is a fake. */
  readonly encryption: string
}

export interface SimFederation {
  readonly federation: Federation
  readonly lock: Lock
  readonly keys: ReadonlyMap<MemberIndex, MemberKeys>
  readonly machineOf: (member: MemberIndex) => MachineNumber
}

export function buildFederation(
  { members, thresholds, timing, name = 'simulated' }: { members: number; thresholds: ThresholdChoices; timing: Partial<Timing>; name?: string },
  { suite, random }: { suite: CryptoSuite; random: Random },
): SimFederation {
  const all = Array.from({ length: members }, () => ({ node: suite.newKey(random), encryption: toHex(random.bytes(32)) }))
  const cards = all.map((keys, at) => makeCard(portsOf(suite, keys.node), cardInit(keys, at + 1)))
  const [first] = all
  if (first === undefined) throw new RangeError('a federation has members')
  const ports = portsOf(suite, first.node)
  const definition = define(ports, {
    name,
    network: 'regtest',
    created_at: EPOCH_MS as Millis,
    cards,
    thresholds,
    timing,
  })
  const signatures = all.map(({ node }) => signDefinition(portsOf(suite, node), definition, definitionKey(node)))
  const lock = assembleLock(ports, definition, signatures)
  const federation = Federation.fromLock(ports, lock)
  return { federation, lock, keys: keysOf(federation, all), machineOf: (member) => member }
}

/** By the index that each has in this federation. */
export function keysOf({ members }: Federation, all: readonly MemberKeys[]): ReadonlyMap<MemberIndex, MemberKeys> {
  return new Map(
    members.flatMap(({ index, node_key }) => {
      const found = all.find(({ node }) => node.public === node_key)
      return found ? [[index, found] as const] : []
    }),
  )
}

export function definitionKey(node: KeyPair): CardInit['node_key'] {
  return node.public as CardInit['node_key']
}

export function cardInit({ node, encryption }: MemberKeys, index: number): CardInit {
  return {
    role: 'member',
    name: `tower-${index}`,
    node_key: definitionKey(node),
    encryption_key: encryption as CardInit['encryption_key'],
    owner_key: null,
    addresses: [],
  }
}
