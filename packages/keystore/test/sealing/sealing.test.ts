import assert from 'node:assert/strict'
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import * as fc from 'fast-check'
import { concat, fromHex, toHex } from '@belfry/protocol/primitives'
import { MAX_SECRET_BYTES, open, seal, SEALED_OVERHEAD_BYTES, SecretBytes } from '@belfry/keystore'
import { messageKey, sharedSecret, x25519PublicKey } from '../../src/sealing/hpke.ts'
import { sealWith } from '../../src/sealing/sealing.ts'
import { reveal, throwsCode } from '../assertions.ts'
import { rfc9180 } from './rfc9180-vectors.ts'

const oracle = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305(),
})
const info = Uint8Array.of(1, 2, 3)

function secretFromHex(hex: string): SecretBytes {
  return SecretBytes.from(fromHex(hex))
}

function recipient(): { privateKey: SecretBytes; publicKey: Uint8Array } {
  const privateKey = SecretBytes.random(32)
  return { privateKey, publicKey: x25519PublicKey(privateKey) }
}

describe('sealing: the vectors of RFC 9180', () => {
  const privateKey = secretFromHex(rfc9180.recipientPrivateKey)
  const ephemeral = secretFromHex(rfc9180.ephemeralPrivateKey)
  const context = concat(fromHex(rfc9180.encapsulated), fromHex(rfc9180.recipientPublicKey))

  it('derives the public keys', () => {
    assert.equal(toHex(x25519PublicKey(privateKey)), rfc9180.recipientPublicKey)
    assert.equal(toHex(x25519PublicKey(ephemeral)), rfc9180.encapsulated)
  })

  it('reaches the same shared secret from both ends', () => {
    assert.equal(toHex(sharedSecret(ephemeral, fromHex(rfc9180.recipientPublicKey), context)), rfc9180.sharedSecret)
    assert.equal(toHex(sharedSecret(privateKey, fromHex(rfc9180.encapsulated), context)), rfc9180.sharedSecret)
  })

  it('derives key and base nonce', () => {
    const { key, nonce } = messageKey(fromHex(rfc9180.sharedSecret), fromHex(rfc9180.info))
    assert.equal(toHex(key), rfc9180.key)
    assert.equal(toHex(nonce), rfc9180.baseNonce)
  })

  it('seals to the ciphertext and opens it', () => {
    const sealed = sealWith(ephemeral, {
      recipientPublicKey: fromHex(rfc9180.recipientPublicKey),
      info: fromHex(rfc9180.info),
      plaintext: fromHex(rfc9180.plaintext),
      aad: fromHex(rfc9180.aad),
    })
    assert.equal(toHex(sealed), rfc9180.encapsulated + rfc9180.ciphertext)
    const opened = open({ privateKey, info: fromHex(rfc9180.info), sealed, aad: fromHex(rfc9180.aad) })
    assert.equal(reveal(opened), rfc9180.plaintext)
  })
})

describe('sealing: against @hpke/core', () => {
  const bytes = fc.uint8Array({ maxLength: 300 })

  it('is opened by the library', async () => {
    const { privateKey, publicKey } = recipient()
    const recipientKey = await privateKey.use((key) => oracle.kem.importKey('raw', key.slice().buffer, false))
    await fc.assert(fc.asyncProperty(bytes, bytes, bytes, async (info, plaintext, aad) => {
      const sealed = seal({ recipientPublicKey: publicKey, info, plaintext, aad })
      const enc = sealed.slice(0, 32)
      const opened = await oracle.open({ recipientKey, enc, info }, sealed.slice(32), aad)
      assert.equal(toHex(new Uint8Array(opened)), toHex(plaintext))
    }), { numRuns: 25 })
  })

  it('opens what the library sealed', async () => {
    const { privateKey, publicKey } = recipient()
    const recipientPublicKey = await oracle.kem.importKey('raw', publicKey.slice().buffer, true)
    await fc.assert(fc.asyncProperty(bytes, bytes, bytes, async (info, plaintext, aad) => {
      const { enc, ct } = await oracle.seal({ recipientPublicKey, info }, plaintext, aad)
      const sealed = concat(new Uint8Array(enc), new Uint8Array(ct))
      assert.equal(reveal(open({ privateKey, info, sealed, aad })), toHex(plaintext))
    }), { numRuns: 25 })
  })
})

describe('sealing: refusals', () => {
  const { privateKey, publicKey } = recipient()
  const plaintext = new Uint8Array(33).fill(7)
  const sealed = seal({ recipientPublicKey: publicKey, info, plaintext })

  it('adds exactly the stated overhead and takes a secret as plaintext', () => {
    const same = seal({ recipientPublicKey: publicKey, info, plaintext: SecretBytes.from(plaintext) })
    assert.equal(same.length, plaintext.length + SEALED_OVERHEAD_BYTES)
    assert.equal(reveal(open({ privateKey, info, sealed: same })), toHex(plaintext))
    assert.equal(reveal(open({ privateKey, publicKey, info, sealed: same })), toHex(plaintext))
  })

  it('never seals twice to the same bytes', () => {
    assert.notEqual(toHex(seal({ recipientPublicKey: publicKey, info, plaintext })), toHex(sealed))
  })

  it('does not open for another info, associated data or recipient', () => {
    throwsCode('sealed-not-openable', () => open({ privateKey, info: Uint8Array.of(1, 2, 4), sealed }))
    throwsCode('sealed-not-openable', () => open({ privateKey, info, sealed, aad: Uint8Array.of(0) }))
    throwsCode('sealed-not-openable', () => open({ privateKey: recipient().privateKey, info, sealed }))
  })

  it('does not open after any change of any byte', () => {
    fc.assert(fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = sealed.slice()
      changed[at] = (changed[at] ?? 0) ^ change
      // X25519 ignores the top bit of a point, but the encapsulated key is also hashed into the shared secret.
      throwsCode('sealed-not-openable', () => open({ privateKey, info, sealed: changed }))
    }))
  })

  it('answers arbitrary bytes with its own error only', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 40 }), (bytes, info) => {
      throwsCode('sealed-not-openable', () => open({ privateKey, info, sealed: bytes }))
    }))
  })

  it('refuses encapsulated and recipient keys of low order', () => {
    for (const point of [new Uint8Array(32), new Uint8Array(32).fill(1, 0, 1)]) {
      throwsCode('bad-public-key', () => seal({ recipientPublicKey: point, info, plaintext }))
      throwsCode('sealed-not-openable', () => open({ privateKey, info, sealed: concat(point, sealed.slice(32)) }))
    }
  })

  it('refuses keys of the wrong length', () => {
    throwsCode('bad-public-key', () => seal({ recipientPublicKey: publicKey.slice(1), info, plaintext }))
    throwsCode('bad-key-length', () => open({ privateKey: SecretBytes.random(31), info, sealed }))
  })

  it('refuses more than a secret may hold, on both sides', () => {
    const tooMuch = new Uint8Array(MAX_SECRET_BYTES + 1)
    throwsCode('secret-too-long', () => seal({ recipientPublicKey: publicKey, info, plaintext: tooMuch }))
    const sealedTooMuch = new Uint8Array(MAX_SECRET_BYTES + SEALED_OVERHEAD_BYTES + 1)
    throwsCode('sealed-not-openable', () => open({ privateKey, info, sealed: sealedTooMuch }))
  })
})
