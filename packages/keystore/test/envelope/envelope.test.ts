import assert from 'node:assert/strict'
import { createDecipheriv } from 'node:crypto'
import * as fc from 'fast-check'
import { toHex } from '@belfry/protocol/primitives'
import { MAX_SECRET_BYTES, openEnvelope, randomKey, sealEnvelope, SecretBytes } from '@belfry/keystore'
import { reveal, throwsCode } from '../assertions.ts'

const bytes = fc.uint8Array({ maxLength: 600 })
const associated = Uint8Array.of(1, 2, 3)

describe('envelope', () => {
  it('opens to what was sealed, given as bytes or as a secret', () => {
    fc.assert(fc.property(bytes, bytes, (associated, plaintext) => {
      using key = randomKey()
      const sealed = sealEnvelope(key, associated, plaintext)
      assert.equal(sealed.length, plaintext.length + 16)
      assert.deepEqual(sealEnvelope(key, associated, SecretBytes.from(plaintext)), sealed)
      assert.equal(reveal(openEnvelope(key, associated, sealed)), toHex(plaintext))
    }))
  })

  it('is the ChaCha20-Poly1305 of RFC 8439 with a zero nonce', () => {
    fc.assert(fc.property(bytes, bytes, (associated, plaintext) => {
      using key = randomKey()
      const sealed = sealEnvelope(key, associated, plaintext)
      const nonce = new Uint8Array(12)
      const decipher = key.use((k) => createDecipheriv('chacha20-poly1305', k, nonce, { authTagLength: 16 }))
      decipher.setAAD(associated, { plaintextLength: plaintext.length })
      decipher.setAuthTag(sealed.subarray(-16))
      const opened = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
      assert.equal(opened.toString('hex'), toHex(plaintext))
    }), { numRuns: 30 })
  })

  it('does not open with another key or associated data, or after any change', () => {
    const key = randomKey()
    const sealed = sealEnvelope(key, associated, new Uint8Array(50))
    throwsCode('envelope-not-openable', () => openEnvelope(randomKey(), associated, sealed))
    throwsCode('envelope-not-openable', () => openEnvelope(key, Uint8Array.of(1, 2), sealed))
    fc.assert(fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
      const changed = sealed.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      throwsCode('envelope-not-openable', () => openEnvelope(key, associated, changed))
    }))
  })

  it('answers arbitrary bytes with its own error only', () => {
    const key = randomKey()
    fc.assert(fc.property(bytes, bytes, (associated, sealed) => {
      throwsCode('envelope-not-openable', () => openEnvelope(key, associated, sealed))
    }))
    throwsCode('envelope-not-openable', () => openEnvelope(key, associated, new Uint8Array(MAX_SECRET_BYTES + 17)))
  })

  it('refuses keys of another length and more than a secret may hold', () => {
    throwsCode('bad-key-length', () => sealEnvelope(SecretBytes.random(31), associated, associated))
    throwsCode('bad-key-length', () => openEnvelope(SecretBytes.random(33), associated, new Uint8Array(16)))
    throwsCode('secret-too-long', () => sealEnvelope(randomKey(), associated, new Uint8Array(MAX_SECRET_BYTES + 1)))
  })
})
