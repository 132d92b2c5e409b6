import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  MAX_ENVELOPES,
  MAX_MANIFEST_BYTES,
  type Manifest,
  SchemaError,
  decodeManifest,
  encodeManifest,
  manifestHash,
  envelopesOf,
  signedByOwner,
  taggedHash,
  vaultIdOf,
} from '../../src/index.ts'
import { outpointOf } from '../../src/primitives/index.ts'
import { hasher, hexOf, ownerSign, portsOf, settingOf, transactionOf, vaultOf } from '../core/setting.ts'
import { isFuzzed } from '../messages/codec.ts'

const setting = settingOf(5)
const { manifest, signed, hash } = vaultOf(setting, { variants: 2 })
const ports = portsOf('anybody')

describe('a manifest', () => {
  it('is read back as it was written, and hashed by its bytes', () => {
    assert.deepEqual(decodeManifest(encodeManifest(manifest)), manifest)
    assert.equal(manifestHash(hasher, encodeManifest(manifest)), hash)
    assert.notEqual(manifestHash(hasher, encodeManifest({ ...manifest, csv: 145 })), hash)
  })

  it('answers other bytes with its own error', () => {
    isFuzzed(decodeManifest, encodeManifest, fc.constant(signed.bytes), 400)
  })

  it('has a limit in every direction', () => {
    const [first = assert.fail()] = manifest.unvaults
    const nine = Array.from({ length: 9 }, () => first)
    const tooMuch = [
      { ...manifest, unvaults: nine },
      { ...manifest, owner: { ...manifest.owner, panic: { k: 0, keys: [] } } },
      { ...manifest, name: 'n'.repeat(65) },
      { ...manifest, csv: 65_536 },
      { ...manifest, deposit: { ...manifest.deposit, script: new Uint8Array(10_001) } },
    ]
    for (const one of tooMuch) assert.throws(() => encodeManifest(one), SchemaError)
  })

  it('of the largest size fits into its limit', () => {
    const large = settingOf(64)
    const rates = [1, 2, 3, 4, 5, 6, 7, 8]
    const full = (manifest: Manifest): Manifest => ({
      ...manifest,
      // Of the same size as they would be with ids of their own.
      unvaults: manifest.unvaults.map((unvault) => {
        const [rung = assert.fail()] = unvault.clawback
        return { ...unvault, anyone_can_pay: { ...rung, outputs_hash: rung.envelope_hash }, anchored: rung }
      }),
      dead_man: manifest.emergency,
    })
    const one = vaultOf(large, { rates, emergency: rates, variants: 8, change: full })
    assert.ok(one.signed.bytes.length <= MAX_MANIFEST_BYTES, `${one.signed.bytes.length} bytes`)
    assert.equal(envelopesOf(one.manifest).length, MAX_ENVELOPES)
  })
})

describe('the id of a vault', () => {
  it('follows from its deposit and its owner, so that two owners of one outpoint have two vaults', () => {
    const [one, two] = [0, 1].map((vout) => outpointOf(transactionOf('deposit').txid, vout))
    assert.ok(one && two)
    const ids = [
      vaultIdOf(hasher, one, hexOf('a')),
      vaultIdOf(hasher, one, hexOf('b')),
      vaultIdOf(hasher, two, hexOf('a')),
    ]
    assert.equal(new Set(ids).size, 3)
  })
})

describe("the owner's signatures", () => {
  const keys = ['a', 'b', 'c'].map(hexOf)
  const enrol = { k: 2, keys }
  const bytes = new Uint8Array([1, 2, 3])
  const by = (key: string, domain: 'manifest' | 'withdraw' = 'manifest') => ({
    key,
    signature: ownerSign(key, taggedHash(hasher, domain, bytes)),
  })
  const [a = '', b = ''] = keys
  const holds = (signatures: ReturnType<typeof by>[]) => signedByOwner(ports, 'manifest', bytes, signatures, enrol)

  it('hold when k distinct keys of those named signed these bytes for this purpose', () => {
    assert.ok(holds([by(a), by(b)]))
    assert.ok(holds([by(hexOf('stranger')), by(a), by(b)]))
    assert.ok(!holds([by(a)]))
    assert.ok(!holds([by(a), by(a)]), 'one key twice')
    assert.ok(!holds([by(a), by(hexOf('stranger'))]))
    assert.ok(!holds([by(a), by(b, 'withdraw')]), 'for another purpose')
    assert.ok(!holds([by(a), { ...by(b), key: hexOf('c') }]))
  })

  it('are looked at no further than the first that is wrong, nor than the k-th that is right', () => {
    let looked = 0
    const counting: typeof ports = {
      ...ports,
      verifyOwner: (...of) => {
        looked += 1
        return ports.verifyOwner(...of)
      },
    }
    const lookedAt = (signatures: ReturnType<typeof by>[]) => {
      looked = 0
      return [signedByOwner(counting, 'manifest', bytes, signatures, enrol), looked]
    }
    const wrong = by(a, 'withdraw')
    assert.deepEqual(lookedAt(Array.from({ length: 16 }, () => wrong)), [false, 1])
    assert.deepEqual(lookedAt([by(a), wrong, by(b)]), [true, 2], 'a key counts once')
    assert.deepEqual(lookedAt([by(a), by(b), by(hexOf('c'))]), [true, 2])
  })
})
