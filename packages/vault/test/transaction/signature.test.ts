import assert from 'node:assert/strict'
import { script } from 'bitcoinjs-lib'
import * as fc from 'fast-check'
import { fromHex, toHex } from '@belfry/protocol/primitives'
import { signatureFault } from '../../src/transaction/signature.ts'
import { signLowR } from '../support/keys.ts'
import { COLD, HOT } from '../support/plans.ts'

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

describe('signatureFault', () => {
  const digest = new Uint8Array(32).fill(7)
  const signature = signLowR(HOT.secret, digest)
  const good = script.signature.encode(signature, 1)

  it('finds nothing wrong with a good signature', () => {
    assert.equal(signatureFault(good, HOT.pub, digest), undefined)
  })

  it('finds another key, another digest, another sighash type', () => {
    const [cold] = COLD
    assert.ok(cold !== undefined)
    assert.equal(signatureFault(good, cold.pub, digest), 'digest')
    assert.equal(signatureFault(good, HOT.pub, new Uint8Array(32)), 'digest')
    for (const type of [0x02, 0x03, 0x81]) {
      assert.equal(signatureFault(script.signature.encode(signature, type), HOT.pub, digest), 'sighash-type')
    }
  })

  it('takes ALL|ANYONECANPAY only where it is asked for', () => {
    const open = script.signature.encode(signature, 0x81)
    assert.equal(signatureFault(open, HOT.pub, digest, 0x81), undefined)
    assert.equal(signatureFault(good, HOT.pub, digest, 0x81), 'sighash-type')
  })

  it('finds a high S, which policy refuses and anybody could have made', () => {
    const s = ORDER - BigInt(`0x${toHex(signature.subarray(32))}`)
    const high = fromHex(toHex(signature.subarray(0, 32)) + s.toString(16).padStart(64, '0'))
    assert.equal(signatureFault(script.signature.encode(high, 1), HOT.pub, digest), 'digest')
  })

  it('finds anything that is not strict DER', () => {
    assert.equal(signatureFault(new Uint8Array(0), HOT.pub, digest), 'encoding')
    assert.equal(signatureFault(signature, HOT.pub, digest), 'encoding')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        assert.notEqual(signatureFault(bytes, HOT.pub, digest), undefined)
      }),
    )
  })
})
