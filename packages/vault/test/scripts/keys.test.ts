import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { isPublicKey } from '../../src/index.ts'
import { HOT } from '../support/plans.ts'

describe('public keys', () => {
  it('are compressed points in lower-case hex', () => {
    assert.ok(isPublicKey(HOT.pub))
    assert.ok(!isPublicKey(HOT.pub.toUpperCase()))
    assert.ok(!isPublicKey(HOT.pub.slice(2)))
    assert.ok(!isPublicKey(`04${HOT.pub.slice(2)}${HOT.pub.slice(2)}`))
  })

  it('are refused where no point has this x', () => {
    assert.ok(!isPublicKey(`02${'f'.repeat(64)}`))
    assert.ok(!isPublicKey(`02${'0'.repeat(63)}5`))
  })

  it('survive any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(isPublicKey(text), false)))
  })
})
