/** The next lock of a federation, as the ceremony makes it: cards, definition, every new member's signature, consents, lock. */
import {
  Federation,
  FederationError,
  type Change,
  type ChangeInit,
  assembleNextLock,
  consentsNeeded,
  makeCard,
  nextBody,
  proposeChange,
  signChange,
  signConsent,
  signedLock,
  withDefaults,
} from '@belfry/protocol'
import { type MemberIndex, type Millis, toHex } from '@belfry/protocol/primitives'
import { type CryptoSuite, portsOf } from '../crypto/index.ts'
import type { MachineNumber } from '../network/index.ts'
import { EPOCH_MS, type Random } from '../world/index.ts'
import { type MemberKeys, type SimFederation, cardInit, definitionKey, keysOf } from './build-federation.ts'

export interface NextFederation {
  readonly before: SimFederation
  readonly leaves: MemberIndex | null
  /** The machine of one that joins. */
  readonly joins: MachineNumber | null
  /** Members of the federation before that give their consent. */
  readonly consenting: readonly MemberIndex[]
}

/** @throws FederationError where too few consent */
export function nextFederation(init: NextFederation, { suite, random }: { suite: CryptoSuite; random: Random }): SimFederation {
  const { before, joins, consenting } = init
  const joining = joins === null ? null : { node: suite.newKey(random), encryption: toHex(random.bytes(32)) }
  const all = [...before.keys.values(), ...(joining ? [joining] : [])]
  const [any] = all
  if (any === undefined) throw new RangeError('a federation has members')
  const ports = portsOf(suite, any.node)
  const change = propose(init, joining, suite)
  const signers = all.filter(({ node }) => change.definition.members.some(({ node_key }) => node_key === node.public))
  const signatures = signers.map(({ node }) => signChange(portsOf(suite, node), change, definitionKey(node)))
  const signed = signedLock(ports, nextBody(change), signatures)
  const consents = consenting.flatMap((index) => {
    const keys = before.keys.get(index)
    return keys ? [signConsent(portsOf(suite, keys.node), before.lock, signed, definitionKey(keys.node))] : []
  })
  const lock = assembleNextLock(ports, change, signatures, consents)
  const federation = Federation.fromLocks(ports, [before.lock, lock]).at(-1)
  if (federation === undefined) throw new RangeError('two locks, two epochs')
  const machines = new Map(federation.members.map(({ index, node_key }) => [index, machineWith(before, node_key) ?? joins]))
  return {
    federation,
    lock,
    keys: keysOf(federation, all),
    machineOf(index) {
      const machine = machines.get(index) ?? null
      if (machine === null) throw new RangeError(`no machine of member ${index}`)
      return machine
    },
  }
}

export function consentsWanted({ lock }: SimFederation): number {
  return consentsNeeded(lock.definition)
}

/** Thresholds that were chosen and do not fit any more give way to the usual ones. */
function propose({ before, leaves, joins }: NextFederation, joining: MemberKeys | null, suite: CryptoSuite): Change {
  const [any] = before.keys.values()
  if (any === undefined) throw new RangeError('a federation has members')
  const ports = portsOf(suite, any.node)
  const add = joining && joins !== null ? [makeCard(portsOf(suite, joining.node), cardInit(joining, joins))] : []
  const remove = leaves === null ? [] : [String(leaves)]
  const init: ChangeInit = { previous: before.lock, add, remove, created_at: EPOCH_MS as Millis }
  try {
    return proposeChange(ports, init)
  } catch (error) {
    if (!(error instanceof FederationError)) throw error
    return proposeChange(ports, { ...init, thresholds: withDefaults(before.federation.members.length - remove.length + add.length) })
  }
}

function machineWith({ federation, machineOf }: SimFederation, key: string): MachineNumber | null {
  const found = federation.members.find(({ node_key }) => node_key === key)
  return found ? machineOf(found.index) : null
}
