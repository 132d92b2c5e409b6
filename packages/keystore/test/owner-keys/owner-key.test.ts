import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { inspect } from 'node:util'
import * as secp from '@noble/secp256k1'
import * as fc from 'fast-check'
import { fromHex, toHex } from '@belfry/protocol/primitives'
import {
  createOwnerKey, LEAST_COST, openOwnerKey, OwnerKey, SecretBytes, sha256, verifySchnorr, writeEncryptedFile,
} from '@belfry/keystore'
import { rejectsCode, throwsCode } from '../assertions.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'
const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 })

function keyOf(hex: string): OwnerKey {
  return new OwnerKey(SecretBytes.from(fromHex(hex)))
}

describe('owner key: BIP-340', () => {
  it('has the public key of the test vectors of the BIP', () => {
    assert.equal(
      keyOf('3'.padStart(64, '0')).publicKey,
      'f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9',
    )
    assert.equal(
      keyOf('b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfef').publicKey,
      'dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659',
    )
  })

  it('verifies a vector of the BIP and refuses its changes', () => {
    const publicKey = 'f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9'
    const signature = fromHex(
      'e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca8215'
      + '25f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0',
    )
    assert.ok(verifySchnorr(publicKey, new Uint8Array(32), signature))
    assert.ok(!verifySchnorr(publicKey, new Uint8Array(32).fill(1), signature))
    fc.assert(fc.property(fc.nat(511), (bit) => {
      const changed = signature.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(verifySchnorr(publicKey, new Uint8Array(32), changed), false)
    }), { numRuns: 20 })
  })

  it('verifies its own signatures and nobody else\'s', () => {
    const [mine, other] = [new OwnerKey(SecretBytes.random(32)), new OwnerKey(SecretBytes.random(32))]
    fc.assert(fc.property(hashes, (hash) => {
      const signature = mine.signSchnorr(hash)
      assert.equal(signature.length, 64)
      assert.ok(verifySchnorr(mine.publicKey, hash, signature))
      assert.ok(!verifySchnorr(other.publicKey, hash, signature))
    }), { numRuns: 10 })
  })

  it('verification is false, and never an exception, for anything malformed', () => {
    const key = new OwnerKey(SecretBytes.random(32))
    const signature = key.signSchnorr(new Uint8Array(32))
    fc.assert(fc.property(fc.string({ maxLength: 70 }), fc.uint8Array({ maxLength: 70 }), (publicKey, bytes) => {
      assert.equal(verifySchnorr(publicKey, new Uint8Array(32), signature), false)
      assert.equal(verifySchnorr(key.publicKey, bytes, signature), false)
      assert.equal(verifySchnorr(key.publicKey, new Uint8Array(32), bytes), false)
    }))
    // Not the x of any point; and above the field.
    const noPoint = 'eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34'
    assert.equal(verifySchnorr(noPoint, new Uint8Array(32), signature), false)
    assert.equal(verifySchnorr('f'.repeat(64), new Uint8Array(32), signature), false)
    assert.equal(verifySchnorr(key.publicKey.toUpperCase(), new Uint8Array(32), signature), false)
  })
})

describe('owner key: ECDSA', () => {
  it('signs as RFC 6979 says', () => {
    // A vector that bitcoinjs and others share: d = 1, and the first nonce already gives a low R.
    const hash = sha256(new TextEncoder().encode('Everything should be made as simple as possible, but not simpler.'))
    assert.equal(
      toHex(keyOf('1'.padStart(64, '0')).signEcdsa(hash)),
      '33a69cd2065432a30f3d1ce4eb0d59b8ab58c74f27c41a7fdb5696ad4e6108c9'
      + '6f807982866f785d3f6418d24163ddae117b7db4d5fdf0071de069fa54342262',
    )
  })

  it('gives deterministic signatures of low S and low R that verify', () => {
    const key = new OwnerKey(SecretBytes.random(32))
    fc.assert(fc.property(hashes, (hash) => {
      const signature = key.signEcdsa(hash)
      assert.equal(signature.length, 64)
      assert.ok((signature[0] ?? 0xff) < 0x80, 'low R')
      assert.ok(secp.verify(signature, hash, fromHex(key.compressedPublicKey), { prehash: false, lowS: true }))
      assert.deepEqual(key.signEcdsa(hash), signature)
    }), { numRuns: 30 })
  })

  it('shares the x coordinate between its two public keys', () => {
    const key = new OwnerKey(SecretBytes.random(32))
    assert.match(key.compressedPublicKey, /^0[23][0-9a-f]{64}$/)
    assert.equal(key.compressedPublicKey.slice(2), key.publicKey)
  })
})

describe('owner key: handling', () => {
  const folder = temporaryFolder()
  const passphrase = SecretBytes.from(new TextEncoder().encode('correct horse'))

  it('is the same when opened as when created, in a file for its owner only', async () => {
    const path = folder.file('owner.json')
    const created = await createOwnerKey({ path, passphrase, cost: LEAST_COST })
    const opened = await openOwnerKey({ path, passphrase })
    assert.equal(opened.compressedPublicKey, created.compressedPublicKey)
    assert.deepEqual(opened.signEcdsa(new Uint8Array(32)), created.signEcdsa(new Uint8Array(32)))
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    await rejectsCode('file-exists', () => createOwnerKey({ path, passphrase, cost: LEAST_COST }))
  })

  it('is refused from a file of another kind or content', async () => {
    const write = (name: string, kind: string, plaintext: SecretBytes) => (
      writeEncryptedFile({ path: folder.file(name), kind, passphrase, plaintext, cost: LEAST_COST })
    )
    await write('set', 'recovery-set', SecretBytes.random(32))
    await rejectsCode('encrypted-file-kind', () => openOwnerKey({ path: folder.file('set'), passphrase }))
    await write('zero', 'owner-key', SecretBytes.allocate(32))
    await rejectsCode('key-material-malformed', () => openOwnerKey({ path: folder.file('zero'), passphrase }))
  })

  it('is refused outside the order of the curve and at other lengths', () => {
    throwsCode('key-material-malformed', () => keyOf('0'.repeat(64)))
    throwsCode('key-material-malformed', () => keyOf(ORDER))
    throwsCode('key-material-malformed', () => keyOf('01'))
    assert.equal(keyOf(`${ORDER.slice(0, -1)}0`).publicKey, keyOf('1'.padStart(64, '0')).publicKey)
  })

  it('signs hashes of 32 bytes only', () => {
    const key = new OwnerKey(SecretBytes.random(32))
    for (const length of [0, 31, 33]) {
      throwsCode('bad-hash-length', () => key.signSchnorr(new Uint8Array(length)))
      throwsCode('bad-hash-length', () => key.signEcdsa(new Uint8Array(length)))
    }
  })

  it('signs no more once wiped, and prints no key', () => {
    const hex = '7'.repeat(64)
    const key = keyOf(hex)
    assert.ok(!inspect(key, { showHidden: true }).includes(hex) && !JSON.stringify(key).includes(hex))
    key.wipe()
    throwsCode('secret-wiped', () => key.signSchnorr(new Uint8Array(32)))
    throwsCode('secret-wiped', () => key.signEcdsa(new Uint8Array(32)))
  })
})
