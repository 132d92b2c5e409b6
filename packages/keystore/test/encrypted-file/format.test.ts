import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { KeystoreError, LEAST_COST } from '@belfry/keystore'
import { decodeEncryptedFile, encodeEncryptedFile, headerBytes } from '../../src/encrypted-file/format.ts'
import { throwsCode } from '../assertions.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const plain = { noNullPrototype: true } as const
const files = fc.record({
  header: fc.record({
    kind: fc.stringMatching(/^[a-z][a-z0-9-]{0,63}$/),
    cost: fc.record({
      memory_kib: fc.integer({ min: 8192, max: 262_144 }),
      passes: fc.integer({ min: 1, max: 16 }),
      parallelism: fc.integer({ min: 1, max: 4 }),
    }, plain),
    salt: bytes(16),
    nonce: bytes(24),
  }, plain),
  ciphertext: fc.uint8Array({ minLength: 16, maxLength: 100 }),
}, plain)

/** Decodes, or fails with the typed error; anything else fails the test. */
function decodes(text: string): boolean {
  try {
    decodeEncryptedFile(text)
    return true
  } catch (error) {
    assert.ok(error instanceof KeystoreError, String(error))
    return false
  }
}

describe('format of encrypted files', () => {
  it('reads back what it wrote', () => {
    fc.assert(fc.property(files, (file) => {
      assert.deepEqual(decodeEncryptedFile(encodeEncryptedFile(file)), file)
    }))
  })

  it('authenticates every field of the header', () => {
    fc.assert(fc.property(files, files, (a, b) => {
      const same = Buffer.compare(headerBytes(a.header), headerBytes(b.header)) === 0
      assert.equal(same, encodeEncryptedFile({ ...a, ciphertext: b.ciphertext }) === encodeEncryptedFile(b))
    }))
  })

  it('stays as version 1 froze it', () => {
    const header = { kind: 'node-keys', cost: LEAST_COST, salt: new Uint8Array(16).fill(1), nonce: new Uint8Array(24) }
    assert.equal(
      new TextDecoder().decode(headerBytes(header)),
      '{"format":"belfry-encrypted","version":1,"kind":"node-keys","kdf":{"name":"argon2id","memory_kib":8192,'
        + `"passes":1,"parallelism":1,"salt":"${'01'.repeat(16)}"},"cipher":"xchacha20poly1305",`
        + `"nonce":"${'00'.repeat(24)}"}`,
    )
  })

  it('answers arbitrary text and JSON with its own error only', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => { assert.equal(decodes(text), false) }))
    fc.assert(fc.property(fc.json(), (text) => { assert.equal(decodes(text), false) }))
  })

  it('answers a valid file with any one value exchanged by its own error or a decoded file', () => {
    const paths = [
      ['format'], ['version'], ['kind'], ['kdf'], ['cipher'], ['nonce'], ['ciphertext'],
      ['kdf', 'name'], ['kdf', 'memory_kib'], ['kdf', 'passes'], ['kdf', 'parallelism'], ['kdf', 'salt'],
    ]
    fc.assert(fc.property(files, fc.constantFrom(...paths), fc.jsonValue(), (file, path, value) => {
      const json = JSON.parse(encodeEncryptedFile(file)) as Record<string, Record<string, unknown>>
      const [outer = '', inner] = path
      if (inner === undefined) Object.assign(json, { [outer]: value })
      else Object.assign(json[outer] ?? {}, { [inner]: value })
      decodes(JSON.stringify(json))
    }))
  })

  it('answers a valid file with characters cut or exchanged by its own error or a decoded file', () => {
    fc.assert(fc.property(files, fc.nat(), fc.nat(3), fc.string({ maxLength: 3 }), (file, at, cut, put) => {
      const text = encodeEncryptedFile(file)
      const start = at % text.length
      decodes(text.slice(0, start) + put + text.slice(start + cut))
    }))
  })

  it('withstands deep nesting and a field named __proto__', () => {
    throwsCode('encrypted-file-malformed', () => decodeEncryptedFile('['.repeat(1_000_000)))
    const nested = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
    throwsCode('encrypted-file-malformed', () => decodeEncryptedFile(nested))
    const text = encodeEncryptedFile({
      header: { kind: 'x', cost: LEAST_COST, salt: new Uint8Array(16), nonce: new Uint8Array(24) },
      ciphertext: new Uint8Array(16),
    })
    throwsCode('encrypted-file-malformed', () => decodeEncryptedFile(text.replace('{', '{"__proto__":{},')))
  })
})
