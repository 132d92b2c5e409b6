import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  type BlockHash,
  type Definition,
  type DefinitionHash,
  type DefinitionMember,
  FederationError,
  type FederationErrorCode,
  type Millis,
  SchemaError,
  cardOf,
  checkDefinition,
  define,
  definitionHash,
  definitionSchema,
  formatJson,
  genesisHashOf,
  parseDefinition,
} from '../../src/index.ts'
import { CREATED_AT, definitionOf, keyringNamed, memberCard, namesOf, ownerCard, ports } from './fixture.ts'

const THREE = definitionOf(namesOf(3))

const isRefusal = (code: FederationErrorCode, sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof FederationError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, sentence)
  assert.match(error.remedy, /^[A-Z].*[^\s]$/)
  return true
}

/** A definition changed by somebody who then hashed it again. */
function rehashed(changes: Partial<Definition>): Definition {
  const changed = { ...THREE, ...changes }
  return { ...changed, definition_hash: definitionHash(ports, changed) }
}

const codesOf = (definition: Definition): FederationErrorCode[] =>
  checkDefinition(ports, definition).map(({ code }) => code)

/** The members of THREE, one of them changed. */
function membersWith(at: number, changes: Partial<DefinitionMember>): DefinitionMember[] {
  return THREE.members.map((member, index) => (index === at ? { ...member, ...changes } : member))
}

describe('define', () => {
  it('gives a definition that holds, with the defaults', () => {
    assert.deepEqual(checkDefinition(ports, THREE), [])
    assert.equal(THREE.genesis_hash, genesisHashOf('regtest'))
    assert.deepEqual(THREE.timing, { heartbeat_ms: 10_000, suspect_periods: 3, dead_periods: 6 })
    assert.deepEqual(THREE.members.map(({ index }) => index), [1, 2, 3])
    assert.deepEqual(parseDefinition(formatJson(definitionSchema, THREE)), THREE)
  })

  it('numbers members by name, numbers in names as numbers, whatever the order of the cards', () => {
    const names = ['Oslo', 'tower-1', 'tower-2', 'tower-10', 'tower-11', 'Turin']
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: names.length }), (shuffled) => {
        const definition = definitionOf(shuffled)
        assert.deepEqual(definition.members.map(({ name }) => name), names)
        assert.equal(definition.definition_hash, definitionOf(names).definition_hash)
      }),
      { numRuns: 10 },
    )
  })

  it('gives back the card of each member, signature included', () => {
    assert.deepEqual(THREE.members.map(cardOf), namesOf(3).map((name) => memberCard(name)))
  })

  it('keeps nothing of what it was given by reference', () => {
    const cards = namesOf(3).map((name) => memberCard(name))
    const definition = define(ports, { name: 'Test', network: 'regtest', created_at: CREATED_AT, cards })
    cards[0]?.addresses.push('/ip4/192.0.2.66/tcp/1')
    cards[1]?.signature.fill(0)
    assert.deepEqual(checkDefinition(ports, definition), [])
  })

  it('refuses too few and too many members', () => {
    assert.throws(() => definitionOf(namesOf(2)), isRefusal('member-count', /this one has 2/))
    assert.throws(() => definitionOf([]), isRefusal('member-count', /this one has 0/))
    assert.throws(() => definitionOf(namesOf(65)), isRefusal('member-count', /this one has 65/))
  })

  it('makes a federation of 64 members whose file can be read', () => {
    const addresses = Array.from({ length: 8 }, (_, at) => `/dns4/${String(at).repeat(240)}/tcp/9735`)
    const cards = namesOf(64).map((name) => memberCard(name, { addresses }))
    const definition = definitionOf([], { cards })
    assert.equal(parseDefinition(formatJson(definitionSchema, definition)).definition_hash, definition.definition_hash)
  })

  it('refuses cards of owners and guardians', () => {
    const cards = [...namesOf(3).map((name) => memberCard(name)), ownerCard('treasury')]
    assert.throws(() => definitionOf([], { cards }), isRefusal('not-a-member-card', /treasury is the card of an owner/))
  })

  it('refuses a card that does not verify', () => {
    const cards = [memberCard('a'), memberCard('b'), { ...memberCard('c'), name: 'd' }]
    assert.throws(() => definitionOf([], { cards }), isRefusal('card-signature-wrong', /card of d was not signed/))
  })

  it('refuses a card given twice, equal names but for case, and shared keys', () => {
    const bothB = isRefusal('duplicate-name', /^Members 2 and 3 are both called b\.$/)
    assert.throws(() => definitionOf(['a', 'b', 'b']), bothB)
    assert.throws(() => definitionOf(['Ann', 'b', 'ANN']), isRefusal('duplicate-name', /both called/))
    const { encryption_key } = keyringNamed('shared')
    const cards = [memberCard('a'), memberCard('b', { encryption_key }), memberCard('c', { encryption_key })]
    assert.throws(
      () => definitionOf([], { cards }),
      isRefusal('duplicate-key', /^b \(member 2\) and c \(member 3\) have the same encryption_key\.$/),
    )
    const [first] = THREE.members
    const { node_key, peer_id } = cardOf(first ?? assert.fail())
    const twice = codesOf(rehashed({ members: membersWith(1, { node_key, peer_id }) }))
    assert.equal(twice.filter((code) => code === 'duplicate-key').length, 2)
  })

  it('refuses thresholds that break a rule', () => {
    const thresholds = { clawback: { q: 5, t: 3 } }
    assert.throws(() => definitionOf(namesOf(5), { thresholds }), isRefusal('no-spare-member', /all 5 of 5/))
  })

  it('demands the flag on mainnet', () => {
    const mainnet = { network: 'mainnet' as const }
    const unflagged = isRefusal('mainnet-without-flag', /"experimental_mainnet": true/)
    assert.throws(() => definitionOf(namesOf(3), mainnet), unflagged)
    assert.equal(definitionOf(namesOf(3), { ...mainnet, experimental_mainnet: true }).network, 'mainnet')
  })

  it('allows heartbeats of 100 ms on regtest only', () => {
    const timing = { heartbeat_ms: 100 as Millis }
    assert.equal(definitionOf(namesOf(3), { timing }).timing.heartbeat_ms, 100)
    for (const network of ['testnet4', 'signet'] as const) {
      assert.throws(
        () => definitionOf(namesOf(3), { timing: { heartbeat_ms: 999 as Millis }, network }),
        isRefusal('heartbeat-too-short', /heartbeat_ms is 999, on \w+ it is at least 1000/),
      )
      definitionOf(namesOf(3), { timing: { heartbeat_ms: 1_000 as Millis }, network })
    }
    assert.throws(() => definitionOf(namesOf(3), { timing: { heartbeat_ms: 99 as Millis } }), SchemaError)
  })

  it('demands that dead comes after suspect', () => {
    const timing = { suspect_periods: 6 }
    const outOfOrder = isRefusal('periods-out-of-order', /after 6 silent periods/)
    assert.throws(() => definitionOf(namesOf(3), { timing }), outOfOrder)
    assert.throws(() => definitionOf(namesOf(3), { timing: { suspect_periods: 1 } }), SchemaError)
  })
})

describe('checkDefinition', () => {
  it('finds a changed hash', () => {
    const definition_hash = '00'.repeat(32) as DefinitionHash
    assert.deepEqual(codesOf({ ...THREE, definition_hash }), ['definition-hash-differs'])
  })

  it('finds what somebody changed and hashed again', () => {
    const changes: [FederationErrorCode, Partial<Definition>][] = [
      ['genesis-hash-differs', { genesis_hash: genesisHashOf('signet') }],
      ['genesis-hash-differs', { network: 'testnet4' }],
      ['genesis-hash-differs', { genesis_hash: '00'.repeat(32) as BlockHash }],
      ['member-index-wrong', { members: THREE.members.toReversed() }],
      ['member-count', { members: THREE.members.slice(1) }],
      ['card-signature-wrong', { members: membersWith(1, { name: 'mallory' }) }],
      ['card-signature-wrong', { members: membersWith(1, { addresses: [] }) }],
      ['card-signature-wrong', { members: membersWith(1, { card_signature: new Uint8Array(64) }) }],
      ['card-peer-id-differs', { members: membersWith(1, { peer_id: memberCard('mallory').peer_id }) }],
      ['duplicate-name', { members: membersWith(1, { name: 'tower-1' }) }],
      ['threshold-too-low', { thresholds: { ...THREE.thresholds, clawback: { q: 1, t: 2 } } }],
      ['heartbeat-too-short', { network: 'signet', timing: { ...THREE.timing, heartbeat_ms: 100 as Millis } }],
      ['periods-out-of-order', { timing: { ...THREE.timing, dead_periods: 3 } }],
    ]
    for (const [code, change] of changes) assert.ok(codesOf(rehashed(change)).includes(code), code)
  })

  it('leaves to the members what only they can judge: names, times, lawful numbers', () => {
    assert.deepEqual(codesOf(rehashed({ name: 'Other', created_at: 0 as Millis })), [])
  })
})
