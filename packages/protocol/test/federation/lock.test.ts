import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  FederationError,
  type FederationErrorCode,
  type JsonValue,
  type Lock,
  type LockHash,
  type LockSignature,
  type MemberIndex,
  assembleLock,
  definitionHash,
  formatJson,
  fromCbor,
  fromHex,
  lockHash,
  lockPrefix,
  lockSchema,
  lockSignatureSchema,
  parseLock,
  parseLockSignature,
  signDefinition,
  toCbor,
  verifyLock,
} from '../../src/index.ts'
import { definitionOf, keyringNamed, lockOf, namesOf, ports, signatureOf } from './fixture.ts'

const NAMES = namesOf(5)
const DEFINITION = definitionOf(NAMES)
const SIGNATURES = NAMES.map((name) => signatureOf(name, DEFINITION))
const LOCK = assembleLock(ports, DEFINITION, SIGNATURES)

const codesOf = (lock: Lock): FederationErrorCode[] => verifyLock(ports, lock).map(({ code }) => code)

const isRefusal = (code: FederationErrorCode, sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof FederationError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, sentence)
  return true
}

/** A lock that somebody changed, hashed again and had signed again by all the members that it names. */
function resigned(changes: Partial<Lock>): Lock {
  const changed = { ...LOCK, ...changes }
  const lock_hash = lockHash(ports, changed)
  const signatures = changed.definition.members.map(({ index, name }) => {
    return { index, signature: keyringNamed(name).ports.sign(fromHex(lock_hash)) }
  })
  return { ...changed, lock_hash, signatures }
}

describe('signDefinition', () => {
  it('signs as the member that the node is, and survives its file', () => {
    const signature = signatureOf('tower-4', DEFINITION)
    assert.equal(signature.index, 4)
    assert.deepEqual(parseLockSignature(formatJson(lockSignatureSchema, signature)), signature)
  })

  it('refuses a node that is no member', () => {
    assert.throws(() => signatureOf('mallory', DEFINITION), isRefusal('not-a-member', /^None of the 5 members/))
  })

  it('refuses a definition that does not hold', () => {
    const wrong = { ...DEFINITION, name: 'Other' }
    assert.throws(() => signatureOf('tower-1', wrong), isRefusal('definition-hash-differs', /was changed after/))
  })

  it('does not hand out what another key signed', () => {
    const { node_key } = keyringNamed('tower-1')
    assert.throws(() => signDefinition(keyringNamed('tower-2').ports, DEFINITION, node_key), { name: 'InvariantError' })
  })
})

describe('assembleLock', () => {
  it('gives the same lock whatever the order of the signatures, and however often each is given', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...SIGNATURES, ...SIGNATURES], { minLength: 10 }), (signatures) => {
        assert.deepEqual(assembleLock(ports, DEFINITION, signatures), LOCK)
      }),
      { numRuns: 5 },
    )
  })

  it('names who is missing', () => {
    const some = SIGNATURES.filter(({ index }) => index !== 2 && index !== 5)
    assert.throws(
      () => assembleLock(ports, DEFINITION, some),
      isRefusal('lock-half-signed', /^Missing 2 of 5 signatures: tower-2 \(member 2\), tower-5 \(member 5\)\.$/),
    )
    assert.throws(() => assembleLock(ports, DEFINITION, []), isRefusal('lock-half-signed', /Missing 5 of 5/))
  })

  const withThird = (changes: Partial<LockSignature>): LockSignature[] =>
    SIGNATURES.map((signature, at) => (at === 2 ? { ...signature, ...changes } : signature))

  it('names whose signature is wrong', () => {
    const signature = signatureOf('tower-2', DEFINITION).signature
    assert.throws(
      () => assembleLock(ports, DEFINITION, withThird({ signature })),
      isRefusal('signature-wrong', /^The signature of tower-3 \(member 3\) is not by its node key/),
    )
  })

  it('names who signed another definition', () => {
    const other = definitionOf(NAMES, { name: 'Other' })
    assert.throws(
      () => assembleLock(ports, DEFINITION, withThird(signatureOf('tower-3', other))),
      isRefusal('signature-for-other-lock', /^tower-3 \(member 3\) signed the lock [0-9a-f]{64}, not /),
    )
  })

  it('refuses a signature of nobody in the federation', () => {
    const stranger = { ...signatureOf('tower-1', DEFINITION), index: 6 as MemberIndex }
    assert.throws(
      () => assembleLock(ports, DEFINITION, [...SIGNATURES, stranger]),
      isRefusal('signature-of-stranger', /signature of member 6, but the federation has the members 1 to 5/),
    )
  })
})

describe('a lock', () => {
  it('verifies after its file and after its bytes', () => {
    assert.deepEqual(codesOf(parseLock(formatJson(lockSchema, LOCK))), [])
    assert.deepEqual(codesOf(fromCbor(lockSchema, toCbor(lockSchema, LOCK))), [])
  })

  it('verifies for any number of members and any lawful choice', () => {
    const anyLock = fc.record({ n: fc.integer({ min: 3, max: 9 }), name: fc.stringMatching(/^[A-Za-z0-9]{1,64}$/) })
    fc.assert(
      fc.property(anyLock, ({ n, name }) => {
        const lock = lockOf(definitionOf(namesOf(n), { name }))
        assert.deepEqual(codesOf(lock), [])
        assert.deepEqual(parseLock(formatJson(lockSchema, lock)), lock)
      }),
      { numRuns: 15 },
    )
  })

  it('has a prefix of the first 8 bytes of its hash', () => {
    assert.equal(lockPrefix('00112233445566778899'.padEnd(64, '0') as LockHash), '0011223344556677')
  })

  it('that is half signed names who is missing', () => {
    const [finding] = verifyLock(ports, { ...LOCK, signatures: LOCK.signatures.slice(1) })
    assert.equal(finding?.code, 'lock-half-signed')
    assert.match(finding.message, /Missing 1 of 5 signatures: tower-1 \(member 1\)\./)
  })

  it('with a signature twice or out of order is refused', () => {
    const { signatures } = LOCK
    assert.deepEqual(codesOf({ ...LOCK, signatures: signatures.toReversed() }), ['signatures-out-of-order'])
    const twice = signatures.flatMap((signature) => [signature, signature])
    assert.deepEqual(codesOf({ ...LOCK, signatures: twice }), ['signatures-out-of-order'])
  })

  it('has a previous lock if and only if it is not the first, even when signed by all', () => {
    const previous_lock_hash = LOCK.lock_hash
    assert.deepEqual(codesOf(resigned({})), [])
    assert.deepEqual(codesOf(resigned({ epoch: 1 })), ['lock-epoch-wrong'])
    assert.deepEqual(codesOf(resigned({ previous_lock_hash })), ['lock-epoch-wrong'])
    assert.deepEqual(codesOf(resigned({ epoch: 1, previous_lock_hash })), [])
    assert.deepEqual(codesOf(resigned({ consents: LOCK.signatures })), ['lock-epoch-wrong'])
  })

  it('has consents of each member once and in order', () => {
    const later = resigned({ epoch: 1, previous_lock_hash: LOCK.lock_hash, consents: LOCK.signatures })
    assert.deepEqual(codesOf(later), [])
    assert.deepEqual(codesOf({ ...later, consents: later.consents.toReversed() }), ['consents-out-of-order'])
    const twice = later.consents.flatMap((one) => [one, one])
    assert.deepEqual(codesOf({ ...later, consents: twice }), ['consents-out-of-order'])
  })

  it('is checked down to rules and cards, whoever signed it', () => {
    const broken = { ...DEFINITION, thresholds: { ...DEFINITION.thresholds, clawback: { q: 1, t: 3 } } }
    const definition = { ...broken, definition_hash: definitionHash(ports, broken) }
    assert.deepEqual(codesOf(resigned({ definition })), ['threshold-too-low', 'liars-reach-threshold'])
    const members = DEFINITION.members.map((member) => ({ ...member, addresses: ['/ip4/192.0.2.66/tcp/1'] }))
    const moved = { ...DEFINITION, members }
    const codes = codesOf(resigned({ definition: { ...moved, definition_hash: definitionHash(ports, moved) } }))
    assert.deepEqual(codes, Array.from({ length: 5 }, () => 'card-signature-wrong'))
  })

  it('signed over the hash it claims, not the one it has, is refused', () => {
    const lock = resigned({})
    assert.ok(codesOf({ ...lock, definition: definitionOf(NAMES, { name: 'Other' }) }).includes('signature-wrong'))
  })
})

describe('a lock changed in any one place of its file', () => {
  const JSON_OF_LOCK = lockSchema.toJson(LOCK)

  it('is refused, at every place', () => {
    const places = leavesOf(JSON_OF_LOCK)
    assert.ok(places.length > 60)
    for (const { path, value } of places) {
      const changed = changeAt(JSON_OF_LOCK, path, otherThan(value))
      assert.ok(isRefused(changed), path.join('.'))
    }
  })

  it('is refused, whatever the change', () => {
    const places = leavesOf(JSON_OF_LOCK)
    const anyJson = fc.oneof(fc.jsonValue(), fc.constantFrom(...places.map(({ value }) => value)))
    fc.assert(
      fc.property(fc.constantFrom(...places), anyJson, ({ path, value }, replacement) => {
        fc.pre(JSON.stringify(replacement) !== JSON.stringify(value))
        assert.ok(isRefused(changeAt(JSON_OF_LOCK, path, replacement as JsonValue)))
      }),
      { numRuns: 300 },
    )
  })

  it('is refused with any one part missing or added', () => {
    for (const { path, value } of containersOf(JSON_OF_LOCK)) {
      if (Array.isArray(value)) {
        assert.ok(isRefused(changeAt(JSON_OF_LOCK, path, [...value, '/ip4/192.0.2.1/tcp/1'])), path.join('.'))
        for (let at = 0; at < value.length; at++) {
          assert.ok(isRefused(changeAt(JSON_OF_LOCK, path, value.toSpliced(at, 1))), [...path, at].join('.'))
        }
        continue
      }
      assert.ok(isRefused(changeAt(JSON_OF_LOCK, path, { ...value, extra: 1 })), path.join('.'))
      for (const name of Object.keys(value)) {
        const { [name]: _, ...rest } = value
        assert.ok(isRefused(changeAt(JSON_OF_LOCK, path, rest)), [...path, name].join('.'))
      }
    }
  })

  /** By the reader or by the check; anything but a typed error fails the test. */
  function isRefused(json: JsonValue): boolean {
    try {
      return verifyLock(ports, parseLock(JSON.stringify(json))).length > 0
    } catch (error) {
      assert.ok(error instanceof FederationError, String(error))
      return true
    }
  }
})

type Path = readonly (string | number)[]
type Container = JsonValue[] | { [key: string]: JsonValue }

function entriesOf(value: Container): [string | number, JsonValue][] {
  return Array.isArray(value) ? value.map((item, at) => [at, item]) : Object.entries(value)
}

function leavesOf(value: JsonValue, path: Path = []): { path: Path; value: JsonValue }[] {
  if (typeof value !== 'object' || value === null) return [{ path, value }]
  return entriesOf(value).flatMap(([step, part]) => leavesOf(part, [...path, step]))
}

function containersOf(value: JsonValue, path: Path = []): { path: Path; value: Container }[] {
  if (typeof value !== 'object' || value === null) return []
  return [{ path, value }, ...entriesOf(value).flatMap(([step, part]) => containersOf(part, [...path, step]))]
}

function changeAt(root: JsonValue, path: Path, replacement: JsonValue): JsonValue {
  const [step, ...rest] = path
  if (step === undefined) return replacement
  if (Array.isArray(root)) return root.map((item, at) => (at === step ? changeAt(item, rest, replacement) : item))
  assert.ok(typeof root === 'object' && root !== null)
  return { ...root, [step]: changeAt(root[step] ?? null, rest, replacement) }
}

/** Another value of the same form, so that it is the check that must find it wherever the reader cannot. */
function otherThan(value: JsonValue): JsonValue {
  if (typeof value === 'boolean') return !value
  if (typeof value === 'number') return value + 1
  if (typeof value !== 'string') return '00'.repeat(32)
  const last = value.at(-1)
  return value.slice(0, -1) + (last === '1' ? '2' : '1')
}
