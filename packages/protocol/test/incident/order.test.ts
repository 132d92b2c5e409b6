import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { type MemberIndex, broadcasterOrder } from '../../src/index.ts'
import type { IncidentId, LockHash } from '../../src/primitives/index.ts'
import { hasher, hexOf, settingOf, vaultOf } from '../core/setting.ts'

const lock = hexOf('lock') as LockHash
const members = Array.from({ length: 12 }, (_, at) => (at + 1) as MemberIndex)
const orderOf = (label: string, of: readonly MemberIndex[] = members) =>
  broadcasterOrder(hasher, lock, hexOf(label) as IncidentId, of)

describe('the order of broadcasters', () => {
  it('names every member once', () => {
    fc.assert(
      fc.property(fc.string(), (label) => {
        assert.deepEqual(
          orderOf(label).toSorted((a, b) => a - b),
          members,
        )
      }),
      { numRuns: 50 },
    )
  })

  it('is the same for all, in whatever order they list the members', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(members, { minLength: members.length }), (shuffled) => {
        assert.deepEqual(orderOf('one', shuffled), orderOf('one'))
      }),
      { numRuns: 50 },
    )
  })

  it('keeps the places of the others when one is left out', () => {
    const [first, ...rest] = orderOf('one')
    assert.deepEqual(
      orderOf(
        'one',
        members.filter((member) => member !== first),
      ),
      rest,
    )
  })

  it('differs between incidents, so that no member is first in all', () => {
    const firsts = new Set(Array.from({ length: 60 }, (_, at) => orderOf(`incident ${at}`)[0]))
    assert.ok(firsts.size >= 10)
  })

  it('is that of the first lock of these tests', () => {
    const setting = settingOf(5)
    const all = setting.federation.members.map(({ index }) => index)
    const { theft, cold_theft } = vaultOf(setting)
    assert.notEqual(theft, cold_theft)
    assert.deepEqual(broadcasterOrder(hasher, setting.federation.lock_hash, theft, all), ORDER_OF_FIVE)
  })
})

/** Written down: were it to change, members of two releases would wait for different broadcasters. */
const ORDER_OF_FIVE = [1, 5, 3, 4, 2]
