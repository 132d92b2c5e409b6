import assert from 'node:assert/strict'
import { createPublicKey, sign as nodeSign, verify as nodeVerify, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { fromHex, toHex } from '@belfry/protocol/primitives'
import {
  createNodeKeys, LEAST_COST, NodeKeys, openNodeKeys, seal, SecretBytes, verifyEd25519, writeEncryptedFile,
} from '@belfry/keystore'
import { rejectsCode, reveal, throwsCode } from '../assertions.ts'

const message = new TextEncoder().encode('a vote')

describe('node keys: the keystore file', () => {
  let folder: string
  let path: string
  const passphrase = SecretBytes.from(new TextEncoder().encode('correct horse'))

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'belfry-node-keys-'))
    path = join(folder, 'node-keys.json')
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('gives the same keys when opened as when created', async () => {
    const created = await createNodeKeys({ path, passphrase, cost: LEAST_COST })
    const opened = await openNodeKeys({ path, passphrase })
    assert.equal(opened.nodePublicKey, created.nodePublicKey)
    assert.equal(opened.encryptionPublicKey, created.encryptionPublicKey)
    assert.equal(reveal(opened.identitySeed), reveal(created.identitySeed))
    assert.equal((await stat(path)).mode & 0o777, 0o600)

    const info = Uint8Array.of(9)
    const sealed = seal({ recipientPublicKey: fromHex(created.encryptionPublicKey), info, plaintext: message })
    assert.equal(reveal(opened.open(sealed, { info })), toHex(message))
    throwsCode('sealed-not-openable', () => opened.open(sealed, { info: Uint8Array.of(8) }))
  })

  it('keeps an existing keystore, unless forced', async () => {
    const first = await createNodeKeys({ path, passphrase, cost: LEAST_COST })
    await rejectsCode('file-exists', () => createNodeKeys({ path, passphrase, cost: LEAST_COST }))
    assert.equal((await openNodeKeys({ path, passphrase })).nodePublicKey, first.nodePublicKey)

    const second = await createNodeKeys({ path, passphrase, cost: LEAST_COST, force: true })
    assert.equal((await openNodeKeys({ path, passphrase })).nodePublicKey, second.nodePublicKey)
    assert.notEqual(second.nodePublicKey, first.nodePublicKey)
  })

  it('refuses another kind of encrypted file', async () => {
    const plaintext = SecretBytes.random(64)
    await writeEncryptedFile({ path, kind: 'recovery-set', passphrase, plaintext, cost: LEAST_COST })
    await rejectsCode('encrypted-file-kind', () => openNodeKeys({ path, passphrase }))
  })

  it('refuses a keystore of another length', async () => {
    const plaintext = SecretBytes.random(63)
    await writeEncryptedFile({ path, kind: 'node-keys', passphrase, plaintext, cost: LEAST_COST })
    await rejectsCode('key-material-malformed', () => openNodeKeys({ path, passphrase }))
  })

  it('writes neither key in the clear', async () => {
    const keys = await createNodeKeys({ path, passphrase, cost: LEAST_COST })
    const text = await readFile(path, 'utf8')
    assert.ok(!text.includes(reveal(keys.identitySeed)))
  })
})

describe('node keys: signatures', () => {
  const keys = new NodeKeys(SecretBytes.random(64))

  it('are the Ed25519 of RFC 8032', () => {
    // RFC 8032, section 7.1, test 1.
    const seed = fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
    const known = new NodeKeys(SecretBytes.from(new Uint8Array([...seed, ...new Uint8Array(32).fill(1)])))
    assert.equal(known.nodePublicKey, 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
    assert.equal(
      toHex(known.sign(new Uint8Array(0))),
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155'
        + '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    )
  })

  it('verify in node:crypto, and the other way round', () => {
    const x = Buffer.from(fromHex(keys.nodePublicKey)).toString('base64url')
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    const other = generateKeyPairSync('ed25519')
    const otherHex = Buffer.from(other.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex')
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.ok(nodeVerify(null, bytes, publicKey, keys.sign(bytes)))
      assert.ok(verifyEd25519(otherHex, bytes, nodeSign(null, bytes, other.privateKey)))
    }))
  })

  it('fail for another message, key or signature', () => {
    const signature = keys.sign(message)
    assert.ok(verifyEd25519(keys.nodePublicKey, message, signature))
    assert.ok(!verifyEd25519(keys.nodePublicKey, message.slice(1), signature))
    assert.ok(!verifyEd25519(new NodeKeys(SecretBytes.random(64)).nodePublicKey, message, signature))
    fc.assert(fc.property(fc.nat(511), (bit) => {
      const changed = signature.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.ok(!verifyEd25519(keys.nodePublicKey, message, changed))
    }))
  })

  it('are false, and never an exception, for malformed keys and signatures', () => {
    const signature = keys.sign(message)
    const anyKey = fc.oneof(fc.string({ maxLength: 70 }), fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex))
    fc.assert(fc.property(anyKey, fc.uint8Array({ maxLength: 70 }), (key, bytes) => {
      assert.equal(verifyEd25519(key, message, bytes), false)
      assert.equal(verifyEd25519(key, message, signature), false)
    }))
    assert.equal(verifyEd25519(keys.nodePublicKey.toUpperCase(), message, signature), false)
  })

  it('fail for a key of small order, under which one signature fits every message', () => {
    const identity = `01${'00'.repeat(31)}`
    const universal = fromHex(identity + '00'.repeat(32))
    assert.equal(verifyEd25519(identity, message, universal), false)
  })
})

describe('node keys: wiping', () => {
  it('ends signing, opening and the identity seed', () => {
    const keys = new NodeKeys(SecretBytes.random(64))
    keys.wipe()
    throwsCode('secret-wiped', () => keys.sign(message))
    throwsCode('secret-wiped', () => keys.open(new Uint8Array(48), { info: message }))
    throwsCode('secret-wiped', () => keys.identitySeed.use(() => {}))
  })

  it('leaves the bytes it was made from to their owner', () => {
    const bytes = SecretBytes.random(64)
    new NodeKeys(bytes).wipe()
    assert.equal(bytes.wiped, false)
  })
})
