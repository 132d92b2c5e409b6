import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { DOMAINS, type Domain, type Hasher, hashOf, s, taggedHash, toHex, utf8 } from '../../src/index.ts'

const hasher: Hasher = { sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()) }
const ALL = Object.keys(DOMAINS) as Domain[]
const hexOf = (domain: Domain, bytes: Uint8Array): string => toHex(taggedHash(hasher, domain, bytes))

describe('taggedHash', () => {
  it('is that of BIP-340', () => {
    const tag = createHash('sha256').update('belfry/lock/v1').digest()
    const expected = createHash('sha256').update(tag).update(tag).update('abc').digest('hex')
    assert.equal(hexOf('lock', utf8('abc')), expected)
  })

  it('has a versioned tag of its own for every domain', () => {
    const tags = Object.values(DOMAINS)
    assert.equal(new Set(tags).size, tags.length)
    for (const tag of tags) assert.match(tag, /^belfry\/[a-z-]+\/v1$/)
  })

  it('differs between any two domains for the same bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        assert.equal(new Set(ALL.map((domain) => hexOf(domain, bytes))).size, ALL.length)
      }),
      { numRuns: 20 },
    )
  })

  it('is that of the parts one after the other, however long they are together', () => {
    const tag = createHash('sha256').update(DOMAINS.share).digest()
    fc.assert(
      fc.property(fc.array(fc.nat(2_100), { maxLength: 4 }), (lengths) => {
        const parts = lengths.map((length, at) => new Uint8Array(length).fill(at + 1))
        const expected = createHash('sha256').update(tag).update(tag)
        for (const part of parts) expected.update(part)
        assert.equal(toHex(taggedHash(hasher, 'share', ...parts)), expected.digest('hex'))
      }),
    )
  })

  it('leaves nothing of what it hashed where the hash function read it', () => {
    const given: Uint8Array[] = []
    const sha256 = (bytes: Uint8Array): Uint8Array => {
      given.push(bytes)
      return hasher.sha256(bytes)
    }
    taggedHash({ sha256 }, 'envelope_key', new Uint8Array(32).fill(7))
    assert.ok(given.length > 0)
    for (const bytes of given) assert.ok(!bytes.includes(7))
  })

  it('is no plain or doubled hash of the bytes, of which Bitcoin makes use', () => {
    const bytes = utf8('abc')
    const once = hasher.sha256(bytes)
    for (const domain of ALL) {
      assert.notEqual(hexOf(domain, bytes), toHex(once))
      assert.notEqual(hexOf(domain, bytes), toHex(hasher.sha256(once)))
    }
  })
})

describe('hashOf', () => {
  const pair = s.struct({ a: s.uint(9), b: s.text(9) })

  it('hashes the canonical encoding, so the order of fields does not matter', () => {
    const expected = createHash('sha256')
    const tag = createHash('sha256').update(DOMAINS.card).digest()
    // {"a": 1, "b": "x"}
    expected.update(tag).update(tag).update(Buffer.from('a261610161626178', 'hex'))
    assert.equal(hashOf(hasher, 'card', pair, { a: 1, b: 'x' }), expected.digest('hex'))
    assert.equal(hashOf(hasher, 'card', pair, { b: 'x', a: 1 }), hashOf(hasher, 'card', pair, { a: 1, b: 'x' }))
  })

  it('differs for values that differ', () => {
    const value = fc.record({ a: fc.nat(9), b: fc.string({ unit: 'grapheme-ascii', maxLength: 9 }) })
    fc.assert(
      fc.property(value, value, (one, other) => {
        const same = one.a === other.a && one.b === other.b
        assert.equal(hashOf(hasher, 'card', pair, one) === hashOf(hasher, 'card', pair, other), same)
      }),
    )
  })
})
