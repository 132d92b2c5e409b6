import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  type Change,
  Federation,
  FederationError,
  type FederationErrorCode,
  type Lock,
  type MemberIndex,
  assembleNextLock,
  conflictOf,
  consentsNeeded,
  formatJson,
  lockHash,
  lockSchema,
  parseLock,
  verifySuccession,
  withDefaults,
} from '../../src/index.ts'
import {
  changeOf, consentsTo, definitionOf, lockOf, memberCard, namesOf, nextLockOf, ports, signaturesOf,
} from './fixture.ts'

const FIRST = lockOf(definitionOf(namesOf(5)))
const CHANGE = changeOf(FIRST, { add: [memberCard('tower-6')], remove: ['tower-2'] })
const NEXT = nextLockOf(CHANGE)

const codesOf = (previous: Lock, next: Lock): FederationErrorCode[] =>
  verifySuccession(ports, previous, next).map(({ code }) => code)

const isRefusal = (code: FederationErrorCode, sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof FederationError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, sentence)
  return true
}

/** With the consents of these members of the previous lock only. */
function consentedBy(change: Change, names: readonly string[]): Lock {
  const signatures = signaturesOf(change)
  return assembleNextLock(ports, change, signatures, consentsTo(change, names, signatures))
}

describe('consentsNeeded', () => {
  const needed = (n: number): number => consentsNeeded(definitionOf(namesOf(n)))
  const lists = Array.from({ length: 13 }, (_, at) => at + 3)

  it('is what the rule says for the usual thresholds', () => {
    assert.deepEqual(lists.map(needed), [2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9, 10, 10])
  })

  it('counts what clawback needs where that is more', () => {
    const thresholds = { b: 0, clawback: { q: 3, t: 6 } }
    assert.equal(consentsNeeded(definitionOf(namesOf(7), { thresholds })), 6)
  })

  for (const n of lists) {
    const { b } = withDefaults(n)
    const other = `of ${n} members with ${b} liars`
    it(`lets no liars veto, and no dead one: ${other}`, () => {
      assert.ok(needed(n) <= n - Math.max(b, 1))
    })
    it(`lets no liars decide alone: ${other}`, () => {
      assert.ok(needed(n) > b)
    })
    it(`lets liars make no two successors of one lock: ${other}`, () => {
      // Each successor has `needed` consents, of honest members one of them only.
      assert.ok(2 * needed(n) > n + b)
    })
  }
})

describe('a lock that follows another', () => {
  it('holds with all signatures and consents, and survives its file', () => {
    assert.deepEqual(codesOf(FIRST, NEXT), [])
    assert.deepEqual(parseLock(formatJson(lockSchema, NEXT)), NEXT)
    const { epoch, previous_lock_hash } = NEXT
    assert.deepEqual({ epoch, previous_lock_hash }, { epoch: 1, previous_lock_hash: FIRST.lock_hash })
  })

  it('is the same lock whoever consented', () => {
    assert.equal(consentedBy(CHANGE, ['tower-1', 'tower-2', 'tower-3', 'tower-5']).lock_hash, NEXT.lock_hash)
  })

  it('removes any one member for any number of them, dead or lying, whatever it does', () => {
    const anyRemoval = fc
      .integer({ min: 3, max: 15 })
      .chain((n) => fc.record({ n: fc.constant(n), removed: fc.integer({ min: 1, max: n }) }))
    fc.assert(
      fc.property(anyRemoval, ({ n, removed }) => {
        const names = namesOf(n)
        const previous = lockOf(definitionOf(names))
        const gone = names[removed - 1] ?? ''
        const change = changeOf(previous, { add: [memberCard('newcomer')], remove: [gone] })
        const others = names.filter((name) => name !== gone)
        // Once for all that is assembled: each of n members checks n cards and n signatures before it signs.
        const signatures = signaturesOf(change)
        const consents = consentsTo(change, others, signatures)
        const next = assembleNextLock(ports, change, signatures, consents)
        assert.deepEqual(codesOf(previous, next), [])
        assert.ok(!next.definition.members.some(({ name }) => name === gone))
        // And fewer than are needed are refused, whoever they are.
        const few = consents.slice(0, consentsNeeded(previous.definition) - 1)
        assert.throws(() => assembleNextLock(ports, change, signatures, few), isRefusal('consents-missing', /must consent/))
      }),
      { numRuns: 20 },
    )
  })

  it('cannot be pushed through by b liars and whoever they bring along', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 15 }), (n) => {
        const names = namesOf(n)
        const previous = lockOf(definitionOf(names))
        const liars = names.slice(0, previous.definition.thresholds.b)
        const friends = names.map((name) => `friend of ${name}`)
        const remove = names.filter((name) => !liars.includes(name))
        const change = changeOf(previous, { add: friends.map((name) => memberCard(name)), remove })
        assert.throws(() => consentedBy(change, liars), isRefusal('consents-missing', /must consent/))
      }),
      { numRuns: 13 },
    )
  })

  it('names who has not consented and how many are needed', () => {
    assert.throws(
      () => consentedBy(CHANGE, ['tower-1', 'tower-4']),
      isRefusal(
        'consents-missing',
        /^4 of the 5 members .* must consent, 2 did; not yet: tower-2 \(member 2\), tower-3 \(member 3\), tower-5/,
      ),
    )
  })

  it('needs the signatures of all its own members, of the new one too', () => {
    const signatures = signaturesOf(CHANGE).slice(0, 4)
    assert.throws(
      () => assembleNextLock(ports, CHANGE, signatures, consentsTo(CHANGE, namesOf(5))),
      isRefusal('lock-half-signed', /Missing 1 of 5 signatures: tower-6 \(member 5\)/),
    )
  })

  it('is not consented to by signing it', () => {
    const consents = NEXT.signatures.slice(0, 4)
    assert.deepEqual(codesOf(FIRST, { ...NEXT, consents }).filter((code) => code === 'consent-wrong').length, 4)
  })

  it('names whose consent is wrong, was given to another lock, or is nobody’s', () => {
    const [one, two, ...rest] = consentsTo(CHANGE, namesOf(5))
    assert.ok(one && two)
    const assemble = (wrong: typeof one) => () =>
      assembleNextLock(ports, CHANGE, signaturesOf(CHANGE), [wrong, two, ...rest])
    assert.throws(assemble({ ...one, signature: two.signature }), isRefusal('consent-wrong', /tower-1 \(member 1\)/))
    assert.throws(assemble({ ...one, index: 6 as MemberIndex }), isRefusal('consent-of-stranger', /member 6/))
    const [elsewhere] = consentsTo(changeOf(FIRST, { remove: ['tower-3'] }), ['tower-1'])
    assert.ok(elsewhere)
    assert.throws(assemble(elsewhere), isRefusal('consent-for-other-lock', /tower-1 \(member 1\) consented to the lock/))
  })

  it('is refused after any other lock than the one it names', () => {
    const third = nextLockOf(changeOf(NEXT, { remove: ['tower-6'] }))
    assert.deepEqual(codesOf(NEXT, third), [])
    assert.deepEqual(codesOf(FIRST, third), ['lock-not-next'])
    assert.deepEqual(codesOf(NEXT, NEXT), ['lock-not-next'])
    assert.deepEqual(codesOf(lockOf(definitionOf(namesOf(4))), NEXT), ['lock-not-next'])
  })

  it('keeps the name and network of its federation', () => {
    const definition = definitionOf(namesOf(4), { name: 'Other', network: 'signet' })
    assert.throws(
      () => signaturesOf({ ...CHANGE, definition }),
      isRefusal('federation-differs', /another name and network and genesis_hash/),
    )
  })

  it('changed after it was consented to is refused', () => {
    const definition = changeOf(FIRST, { remove: ['tower-2'] }).definition
    const changed = { ...NEXT, definition }
    const codes = codesOf(FIRST, { ...changed, lock_hash: lockHash(ports, changed) })
    assert.ok(codes.includes('signature-wrong') && codes.includes('consent-wrong'), codes.join())
  })
})

describe('conflictOf', () => {
  const RIVAL = nextLockOf(changeOf(FIRST, { remove: ['tower-4'] }))

  it('proves two successors, and says who consented to both', () => {
    const a = consentedBy(CHANGE, ['tower-1', 'tower-2', 'tower-3', 'tower-4'])
    const b = consentedBy(changeOf(FIRST, { remove: ['tower-4'] }), ['tower-1', 'tower-2', 'tower-3', 'tower-5'])
    const found = conflictOf(ports, FIRST, a, b)
    assert.deepEqual(found?.twice, [1, 2, 3])
    assert.deepEqual(found?.lock_hashes, [a.lock_hash, b.lock_hash].toSorted())
    assert.deepEqual(conflictOf(ports, FIRST, b, a), { ...found, twice: [1, 2, 3] })
    assert.ok(found.twice.length > FIRST.definition.thresholds.b)
  })

  it('finds none in one lock with the consents of others, nor in a lock that does not hold', () => {
    const same = consentedBy(CHANGE, namesOf(4))
    assert.equal(conflictOf(ports, FIRST, NEXT, same), undefined)
    assert.equal(conflictOf(ports, FIRST, NEXT, { ...RIVAL, consents: RIVAL.consents.slice(0, 2) }), undefined)
  })

  it('halts the adoption of either', () => {
    for (const locks of [[FIRST, NEXT, RIVAL], [FIRST, RIVAL, NEXT]]) {
      assert.throws(
        () => Federation.fromLocks(ports, locks),
        isRefusal('two-successors', /consented to both: tower-1 \(member 1\), tower-2 \(member 2\)/),
      )
    }
  })
})

describe('Federation.fromLocks', () => {
  const third = nextLockOf(changeOf(NEXT, { remove: ['tower-6'] }))

  it('gives the epochs of one federation, from the first or from where a member joined', () => {
    const epochs = Federation.fromLocks(ports, [FIRST, NEXT, third])
    assert.deepEqual(epochs.map(({ epoch }) => epoch), [0, 1, 2])
    assert.deepEqual(
      epochs.map(({ previous_lock_hash }) => previous_lock_hash),
      [null, FIRST.lock_hash, NEXT.lock_hash],
    )
    assert.deepEqual(Federation.fromLocks(ports, [NEXT, third]).map(({ epoch }) => epoch), [1, 2])
  })

  it('refuses a gap, another order, and a lock twice', () => {
    for (const locks of [[FIRST, third], [NEXT, FIRST], [FIRST, FIRST]]) {
      assert.throws(() => Federation.fromLocks(ports, locks), isRefusal('lock-not-next', /does not follow the lock/))
    }
  })

  it('refuses a lock without enough consents', () => {
    const robbed = { ...NEXT, consents: NEXT.consents.slice(0, 3) }
    assert.throws(() => Federation.fromLocks(ports, [FIRST, robbed]), isRefusal('consents-missing', /3 did/))
  })
})
