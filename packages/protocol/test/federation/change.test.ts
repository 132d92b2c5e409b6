import assert from 'node:assert/strict'
import {
  type ChangeInit,
  FederationError,
  type FederationErrorCode,
  changeSchema,
  checkChange,
  differenceOf,
  formatJson,
  lostShares,
  makeCard,
  parseChange,
  signChange,
  signConsent,
} from '../../src/index.ts'
import { changeOf, definitionOf, keyringNamed, lockOf, memberCard, namesOf, nextLockOf, ports } from './fixture.ts'

const FIRST = lockOf(definitionOf(namesOf(5)))
const names = (members: readonly { readonly name: string }[]): string[] => members.map(({ name }) => name)

const isRefusal = (code: FederationErrorCode, sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof FederationError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, sentence)
  return true
}

/** The same member with another address. */
const moved = (name: string) => memberCard(name, { addresses: ['/ip4/192.0.2.7/tcp/9735'] })
/** The same keys under another name. */
function renamed(name: string) {
  const { ports, node_key, encryption_key } = keyringNamed(name)
  return makeCard(ports, { ...memberCard(name), name: `${name}b`, node_key, encryption_key })
}

describe('proposeChange', () => {
  it('removes by name or index and adds by card; the rest keep their cards and get indices anew', () => {
    const change = changeOf(FIRST, { add: [memberCard('tower-10')], remove: ['2', 'tower-4'] })
    assert.deepEqual(names(change.definition.members), ['tower-1', 'tower-3', 'tower-5', 'tower-10'])
    assert.deepEqual(change.definition.members.map(({ index }) => index), [1, 2, 3, 4])
    const { leaving, joining, replaced, staying } = differenceOf(change)
    assert.deepEqual(names(leaving), ['tower-2', 'tower-4'])
    assert.deepEqual(names(joining), ['tower-10'])
    assert.deepEqual(replaced, [])
    assert.deepEqual(names(staying), ['tower-1', 'tower-3', 'tower-5'])
  })

  it('survives its file', () => {
    const change = changeOf(FIRST, { remove: ['2'] })
    assert.deepEqual(parseChange(formatJson(changeSchema, change)), change)
  })

  it('takes a card with the name of a member in its place', () => {
    const change = changeOf(FIRST, { add: [moved('tower-3')] })
    const { replaced, leaving, joining } = differenceOf(change)
    assert.deepEqual([leaving, joining], [[], []])
    assert.deepEqual(replaced.map(({ before, after }) => [before.addresses, after.addresses]), [
      [['/dns4/tower-3.example/tcp/9735'], ['/ip4/192.0.2.7/tcp/9735']],
    ])
  })

  it('lets thresholds follow the number of members where they did, and keeps those that were chosen', () => {
    const four = changeOf(FIRST, { remove: ['5'] }).definition.thresholds
    assert.deepEqual(four, definitionOf(namesOf(4)).thresholds)
    const chosen = lockOf(definitionOf(namesOf(7), { thresholds: { b: 1, emergency: { q: 5, t: 5 } } }))
    const eight = changeOf(chosen, { add: [memberCard('tower-8')] }).definition.thresholds
    assert.equal(eight.b, 1)
    assert.deepEqual(eight.emergency, { q: 5, t: 5 })
    assert.deepEqual(eight.clawback, { q: 5, t: 5 })
    assert.equal(changeOf(chosen, { thresholds: { b: 2 } }).definition.thresholds.b, 2)
  })

  for (const [what, change, code, sentence] of [
    ['nothing', {}, 'change-of-nothing', /the same members, thresholds and timing/],
    ['a member again as it is', { add: [memberCard('tower-1')] }, 'change-of-nothing', /the same members/],
    ['a stranger removed', { remove: ['tower-9'] }, 'change-of-stranger', /^No member .* "tower-9"/],
    ['too few members', { remove: ['1', '2', '3'] }, 'member-count', /this one has 2/],
    ['a key under another name', { add: [renamed('tower-1')] }, 'duplicate-key', /have the same node_key/],
  ] satisfies [string, Partial<ChangeInit>, FederationErrorCode, RegExp][]) {
    it(`refuses ${what}`, () => {
      assert.throws(() => changeOf(FIRST, change), isRefusal(code, sentence))
    })
  }

  it('refuses a previous lock that does not hold', () => {
    const half = { ...FIRST, signatures: FIRST.signatures.slice(1) }
    assert.throws(() => changeOf(half, { remove: ['1'] }), isRefusal('lock-half-signed', /tower-1/))
  })
})

describe('signing a change', () => {
  const change = changeOf(FIRST, { add: [memberCard('tower-6')], remove: ['tower-2'] })

  it('is for members of the next lock only, and consenting for those of the previous', () => {
    const sign = (name: string) => () => signChange(keyringNamed(name).ports, change, keyringNamed(name).node_key)
    const next = nextLockOf(change)
    const consent = (name: string) => () =>
      signConsent(keyringNamed(name).ports, FIRST, next, keyringNamed(name).node_key)
    assert.equal(sign('tower-6')().index, 5)
    assert.equal(consent('tower-2')().index, 2)
    assert.throws(sign('tower-2'), isRefusal('not-a-member', /^None of the 5 members/))
    assert.throws(consent('tower-6'), isRefusal('not-a-member', /previous lock/))
  })

  it('refuses one whose definition was changed after it was made', () => {
    const changed = { ...change, definition: { ...change.definition, created_at: 1 as typeof change.definition.created_at } }
    assert.deepEqual(checkChange(ports, changed).map(({ code }) => code), ['definition-hash-differs'])
  })
})

describe('lostShares', () => {
  const second = nextLockOf(changeOf(FIRST, { add: [memberCard('tower-6')], remove: ['tower-1'] }))
  const third = nextLockOf(changeOf(second, { add: [memberCard('tower-7')], remove: ['tower-2'] }))
  const change = changeOf(third, { add: [memberCard('tower-8')], remove: ['tower-3'] })
  const told = (convicted: readonly string[] = []) => {
    const keys = convicted.map((name) => keyringNamed(name).encryption_key)
    return lostShares([FIRST, second, third], change.definition.members, keys).map(({ epoch, holders, within_reach }) => {
      return [epoch, names(holders).join(' '), within_reach.join(' ')]
    })
  }

  it('counts for each epoch its own members that left since, and says what they could open', () => {
    assert.deepEqual(told(), [
      [0, 'tower-1 tower-2 tower-3', 'clawback emergency'],
      [1, 'tower-2 tower-3', ''],
      [2, 'tower-3', ''],
    ])
  })

  it('counts convicted members that stay', () => {
    assert.deepEqual(told(['tower-4']), [
      [0, 'tower-1 tower-2 tower-3 tower-4', 'clawback emergency succession'],
      [1, 'tower-2 tower-3 tower-4', 'clawback emergency'],
      [2, 'tower-3 tower-4', ''],
    ])
  })

  it('counts whoever is convicted by its key: an heir of its name is not blamed, and another name does not hide it', () => {
    const convicted = [keyringNamed('tower-4').encryption_key]
    const { encryption_key } = keyringNamed('an heir')
    const inherited = FIRST.definition.members.map((one) => (one.name === 'tower-4' ? { ...one, encryption_key } : one))
    const next = { ...FIRST, definition: { ...FIRST.definition, members: inherited } }
    assert.deepEqual(lostShares([next], inherited, convicted)[0]?.holders, [])
    const renamed = FIRST.definition.members.map((one) => (one.name === 'tower-4' ? { ...one, name: 'somebody else' } : one))
    assert.deepEqual(names(lostShares([FIRST], renamed, convicted)[0]?.holders ?? []), ['tower-4'])
  })

  it('counts the old key of an operator that came back with a new one, and none that only moved', () => {
    const { node_key, encryption_key } = keyringNamed('tower-5 again')
    const members = FIRST.definition.members.map((one) => {
      if (one.name === 'tower-5') return { ...one, node_key, encryption_key }
      return one.name === 'tower-4' ? { ...one, addresses: [] } : one
    })
    const [lost] = lostShares([FIRST], members)
    assert.deepEqual(names(lost?.holders ?? []), ['tower-5'])
  })
})
