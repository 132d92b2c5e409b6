import assert from 'node:assert/strict'
import { sha256 as noble } from '@noble/hashes/sha2.js'
import * as fc from 'fast-check'
import { toHex } from '@belfry/protocol/primitives'
import { sha256 } from '@belfry/keystore'

describe('sha256', () => {
  it('is the SHA-256 of FIPS 180-4', () => {
    const abc = new TextEncoder().encode('abc')
    assert.equal(toHex(sha256(abc)), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  it('agrees with an independent implementation, in a plain Uint8Array of its own', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const digest = sha256(bytes)
      assert.equal(toHex(digest), toHex(noble(bytes)))
      assert.equal(digest.constructor, Uint8Array)
      assert.equal(digest.buffer.byteLength, 32)
    }))
  })
})
