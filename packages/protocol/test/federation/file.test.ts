import assert from 'node:assert/strict'
import {
  type FederationErrorCode,
  FederationError,
  cardSchema,
  definitionSchema,
  formatJson,
  lockSchema,
  parseCard,
  parseDefinition,
  parseLock,
} from '../../src/index.ts'
import { definitionOf, lockOf, memberCard, namesOf } from './fixture.ts'

const CARD = formatJson(cardSchema, memberCard('alice'))

function refusalOf(text: string, parse: (text: string) => unknown = parseCard): FederationError {
  try {
    parse(text)
  } catch (error) {
    assert.ok(error instanceof FederationError, String(error))
    return error
  }
  assert.fail('it was accepted')
}

/** The card's JSON with some fields changed, added, or (undefined) left out. */
const cardWith = (changes: Record<string, unknown>): string => JSON.stringify({ ...JSON.parse(CARD), ...changes })

describe('a federation file', () => {
  it('that is no JSON is refused without being quoted', () => {
    const refusal = refusalOf('{"passphrase": hunter2')
    assert.equal(refusal.code, 'file-malformed')
    assert.doesNotMatch(refusal.message + refusal.remedy, /hunter2/)
  })

  const malformed: [string, string, RegExp][] = [
    ['with an unknown field', cardWith({ colour: 'red' }), /^belfry-card\.json: colour: unknown field\.$/],
    ['without a field', cardWith({ name: undefined }), /^belfry-card\.json: name: missing\.$/],
    ['with a null where none may be', cardWith({ node_key: null }), /node_key: expected hex/],
    ['with upper-case hex', cardWith({ node_key: 'AB'.repeat(32) }), /node_key: expected an even number of lower/],
    ['with a short key', cardWith({ node_key: 'ab'.repeat(31) }), /node_key: expected 32 to 32 bytes/],
    ['with an unknown role', cardWith({ role: 'king' }), /role: expected member \| owner \| guardian/],
    ['with nine addresses', cardWith({ addresses: Array(9).fill('/ip4/192.0.2.1') }), /addresses: expected 0 to 8/],
    ['with a URL for an address', cardWith({ addresses: ['https://a.example'] }), /addresses\.0: expected an address/],
    ['with too long an address', cardWith({ addresses: [`/dns/${'a'.repeat(256)}`] }), /addresses\.0: expected 0 to/],
    ['with an empty name', cardWith({ name: '' }), /name: expected a name of letters/],
    ['with a name too long', cardWith({ name: 'a'.repeat(65) }), /name: expected 0 to 64 characters/],
    ['with a terminal escape in a name', cardWith({ name: 'a\u001b[2Jb' }), /name: expected a name of letters/],
    ['with a name that ends in a space', cardWith({ name: 'alice ' }), /name: expected a name of letters/],
    ['that is a list', '[]', /expected an object/],
    ['that is null', 'null', /expected an object/],
    ['with a field of the prototype', CARD.replace('{', '{"__proto__": {"name": "m"},'), /__proto__: unknown field/],
    ['with a version in text', cardWith({ version: '1' }), /version: expected 1/],
  ]
  for (const [what, text, sentence] of malformed) {
    it(`${what} is refused`, () => {
      const refusal = refusalOf(text)
      assert.equal(refusal.code, 'file-malformed')
      assert.match(refusal.message, sentence)
      assert.match(refusal.remedy, /^[A-Z].*\.$/)
    })
  }

  it('of another kind is called what it is', () => {
    const definition = definitionOf(namesOf(3))
    const swapped: [string, (text: string) => unknown, RegExp][] = [
      [CARD, parseLock, /Expected federation\.lock\.json .* says that it is belfry-card\./],
      [formatJson(definitionSchema, definition), parseCard, /says that it is belfry-federation-definition\./],
      [formatJson(lockSchema, lockOf(definition)), parseDefinition, /says that it is belfry-federation-lock\./],
    ]
    for (const [text, parse, sentence] of swapped) {
      const refusal = refusalOf(text, parse)
      assert.equal(refusal.code, 'file-of-other-format')
      assert.match(refusal.message, sentence)
    }
  })

  it('of a later version is refused as such, whatever else is in it', () => {
    const refusal = refusalOf(cardWith({ version: 2, colour: 'red' }))
    assert.equal(refusal.code, 'file-of-other-version')
    assert.match(refusal.message, /format version 2, this belfry knows version 1/)
  })

  it('cannot write control characters or floods into an error', () => {
    const flood = cardWith({ format: `\u001b[2J\n${'x'.repeat(5_000)}` })
    for (const text of [flood, cardWith({ ['\u001b[2J\u0007']: 1 })]) {
      const { message } = refusalOf(text)
      assert.match(message, /^[ -~]{1,400}$/)
    }
  })

  it('too large is refused before it is parsed', () => {
    const codes: FederationErrorCode[] = [parseCard, parseDefinition, parseLock].map(
      (parse) => refusalOf(' '.repeat(1_000_000), parse).code,
    )
    assert.deepEqual(codes, ['file-too-large', 'file-too-large', 'file-too-large'])
  })
})
