import assert from 'node:assert/strict'
import { Federation, FederationError, InvariantError, type MemberIndex, lockPrefix } from '../../src/index.ts'
import { definitionOf, lockOf, memberCard, namesOf, ports } from './fixture.ts'

const NAMES = namesOf(5)
const LOCK = lockOf(definitionOf(NAMES, { thresholds: { emergency: { q: 3, t: 4 } } }))
const FEDERATION = Federation.fromLock(ports, LOCK)

describe('Federation', () => {
  it('shows what the lock says', () => {
    const { lock_hash, lock_prefix, epoch, name, network, b, timing } = FEDERATION
    assert.deepEqual(
      { lock_hash, lock_prefix, epoch, name, network, b, timing },
      {
        lock_hash: LOCK.lock_hash,
        lock_prefix: lockPrefix(LOCK.lock_hash),
        epoch: 0,
        name: 'Test federation',
        network: 'regtest',
        b: 1,
        timing: LOCK.definition.timing,
      },
    )
    const expected = NAMES.map((name, at) => {
      const { node_key, peer_id, encryption_key, addresses } = memberCard(name)
      return { index: at + 1, name, node_key, peer_id, encryption_key, addresses }
    })
    assert.deepEqual(FEDERATION.members, expected)
  })

  it('works out what follows from each action’s q and t', () => {
    assert.deepEqual(FEDERATION.thresholds, {
      clawback: { q: 3, t: 3, d: 2, protected: 4 },
      emergency: { q: 3, t: 4, d: 1, protected: 5 },
      succession: { q: 4, t: 4, d: 1, protected: 5 },
      drill: { q: 3, t: 3, d: 2, protected: 4 },
    })
  })

  it('finds members by index and by peer id', () => {
    for (const member of FEDERATION.members) {
      assert.equal(FEDERATION.memberOf(member.index), member)
      assert.equal(FEDERATION.memberByPeerId(member.peer_id), member)
    }
    assert.equal(FEDERATION.memberByPeerId(memberCard('mallory').peer_id), undefined)
    for (const index of [0, 6, -1, 1.5, Number.NaN]) {
      assert.throws(() => FEDERATION.memberOf(index as MemberIndex), InvariantError)
    }
  })

  it('is not built from a lock with anything wrong', () => {
    const half = { ...LOCK, signatures: LOCK.signatures.slice(0, 4) }
    assert.throws(
      () => Federation.fromLock(ports, half),
      (error) => error instanceof FederationError && error.code === 'lock-half-signed',
    )
  })

  it('does not change when the lock it came from does', () => {
    const lock = lockOf(definitionOf(NAMES))
    const federation = Federation.fromLock(ports, lock)
    const before = structuredClone(federation.members)
    lock.definition.members[0]?.addresses.push('/ip4/192.0.2.66/tcp/1')
    lock.definition.members.pop()
    assert.deepEqual(federation.members, before)
  })
})
