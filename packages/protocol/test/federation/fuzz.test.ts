/** Hostile files and bytes: a decoder answers with a typed error or a value that it would write again as it stands. */
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  FederationError,
  type Schema,
  SchemaError,
  cardSchema,
  changeSchema,
  checkChange,
  checkDefinition,
  consentSchema,
  definitionSchema,
  formatJson,
  fromCbor,
  lockSchema,
  lockSignatureSchema,
  parseCard,
  parseChange,
  parseConsent,
  parseDefinition,
  parseLock,
  parseLockSignature,
  toCbor,
  verifyCard,
  verifyLock,
  verifySuccession,
} from '../../src/index.ts'
import { changeOf, consentsTo, definitionOf, lockOf, memberCard, namesOf, nextLockOf, ports, signatureOf } from './fixture.ts'

interface Decoder<T> {
  readonly what: string
  readonly schema: Schema<T>
  readonly parse: (text: string) => T
  readonly sample: T
  /** Where one exists: it must judge whatever could be read, and never throw. */
  readonly check: (value: T) => unknown
}

const definition = definitionOf(namesOf(3))
const first = lockOf(definition)
const change = changeOf(first, { add: [memberCard('tower-4')], remove: ['tower-1'] })
const [consent] = consentsTo(change, ['tower-2'])
assert.ok(consent)

function fuzz<T>({ what, schema, parse, sample, check }: Decoder<T>): void {
  const bytes = toCbor(schema, sample)
  const text = formatJson(schema, sample)

  const readsBytes = (candidate: Uint8Array): void => {
    let value: T
    try {
      value = fromCbor(schema, candidate)
    } catch (error) {
      assert.ok(error instanceof SchemaError, String(error))
      return
    }
    assert.deepEqual(toCbor(schema, value), new Uint8Array(candidate))
    check(value)
  }
  const readsText = (candidate: string): void => {
    let value: T
    try {
      value = parse(candidate)
    } catch (error) {
      assert.ok(error instanceof FederationError, String(error))
      return
    }
    assert.deepEqual(parse(formatJson(schema, value)), value)
    check(value)
  }

  describe(`decoding a ${what}`, () => {
    it('takes any bytes', () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readsBytes), { numRuns: 500 })
    })

    it('takes its own bytes with some of them changed, cut out or put in', () => {
      const anyEdit = fc.record({
        at: fc.nat(bytes.length),
        remove: fc.nat(4),
        insert: fc.uint8Array({ maxLength: 4 }),
      })
      fc.assert(
        fc.property(anyEdit, ({ at, remove, insert }) => {
          readsBytes(Uint8Array.from([...bytes.slice(0, at), ...insert, ...bytes.slice(at + remove)]))
        }),
        { numRuns: 500 },
      )
    })

    it('takes its own bytes cut off anywhere', () => {
      for (let length = 0; length < bytes.length; length += 7) {
        assert.throws(() => fromCbor(schema, bytes.slice(0, length)), SchemaError)
      }
    })

    it('takes any text and any JSON', () => {
      fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), readsText), { numRuns: 500 })
    })

    it('takes its own text with some of it changed, cut out or put in', () => {
      const anyEdit = fc.record({ at: fc.nat(text.length), remove: fc.nat(6), insert: fc.string({ maxLength: 4 }) })
      fc.assert(
        fc.property(anyEdit, ({ at, remove, insert }) => {
          readsText(text.slice(0, at) + insert + text.slice(at + remove))
        }),
        { numRuns: 500 },
      )
    })
  })
}

fuzz({
  what: 'card',
  schema: cardSchema,
  parse: parseCard,
  sample: memberCard('alice'),
  check: (card) => verifyCard(ports, card),
})
fuzz({
  what: 'definition',
  schema: definitionSchema,
  parse: parseDefinition,
  sample: definition,
  check: (value) => checkDefinition(ports, value),
})
fuzz({
  what: 'lock',
  schema: lockSchema,
  parse: parseLock,
  sample: first,
  check: (lock) => verifyLock(ports, lock),
})
fuzz({
  what: 'lock that follows another',
  schema: lockSchema,
  parse: parseLock,
  sample: nextLockOf(change),
  check: (lock) => verifySuccession(ports, first, lock),
})
fuzz({
  what: 'change',
  schema: changeSchema,
  parse: parseChange,
  sample: change,
  check: (value) => checkChange(ports, value),
})
fuzz({
  what: 'consent',
  schema: consentSchema,
  parse: parseConsent,
  sample: consent,
  check: () => undefined,
})
fuzz({
  what: 'lock signature',
  schema: lockSignatureSchema,
  parse: parseLockSignature,
  sample: signatureOf('tower-1', definition),
  check: () => undefined,
})
