import assert from 'node:assert/strict'
import { FederationError } from '@belfry/protocol'
import type { MemberIndex, Millis } from '@belfry/protocol/primitives'
import { fakeSuite } from '../../src/crypto/index.ts'
import { type NextFederation, buildFederation, nextFederation } from '../../src/federation/index.ts'
import { Random } from '../../src/world/index.ts'

const timing = { heartbeat_ms: 10_000 as Millis }

function setting(members: number, thresholds = {}) {
  const suite = fakeSuite()
  const random = new Random(3, 'federation')
  const before = buildFederation({ members, thresholds, timing }, { suite, random })
  const everybody = before.federation.members.map(({ index }) => index)
  const next = (init: Partial<NextFederation>) => nextFederation({ before, leaves: null, joins: null, consenting: everybody, ...init }, { suite, random })
  return { before, everybody, next }
}

describe('the next federation of a simulated world', () => {
  it('follows the one before, and gives the members that stay their machines under other indices', () => {
    const { before, next } = setting(5)
    const { federation, machineOf, keys } = next({ leaves: 2 as MemberIndex })
    assert.equal(federation.epoch, 1)
    assert.equal(federation.previous_lock_hash, before.federation.lock_hash)
    assert.deepEqual(federation.members.map(({ index }) => machineOf(index)), [1, 3, 4, 5])
    for (const { index, node_key } of federation.members) assert.equal(keys.get(index)?.node.public, node_key)
  })

  it('gives one that joins a machine and keys of its own', () => {
    const { before, next } = setting(4)
    const { federation, machineOf } = next({ leaves: 1 as MemberIndex, joins: 5 as MemberIndex })
    assert.deepEqual(federation.members.map(({ index }) => machineOf(index)), [2, 3, 4, 5])
    const joined = federation.members.find(({ node_key }) => !before.federation.members.some((one) => one.node_key === node_key))
    assert.equal(joined && machineOf(joined.index), 5)
  })

  it('comes about although the member that leaves gives no consent, and not where more are missing', () => {
    const { everybody, next } = setting(4)
    assert.equal(next({ leaves: 3 as MemberIndex, consenting: everybody.filter((index) => index !== 3) }).federation.members.length, 3)
    assert.throws(
      () => next({ leaves: 3 as MemberIndex, consenting: everybody.slice(0, 2) }),
      (error) => error instanceof FederationError && error.code === 'consents-missing',
    )
  })

  it('takes the usual thresholds where those that were chosen fit so few no more', () => {
    const { next } = setting(5, { b: 0, clawback: { q: 4, t: 4 }, emergency: { q: 4, t: 4 }, succession: { q: 4, t: 4 } })
    assert.equal(next({ leaves: 1 as MemberIndex }).federation.thresholds.clawback.q, 3)
  })
})
