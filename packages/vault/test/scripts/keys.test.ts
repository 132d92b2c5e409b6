import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { isPublicKey, parsePublicKey } from '../../src/index.ts'
import { HOT } from '../support/plans.ts'
import { refused } from '../support/refusals.ts'

describe('public keys', () => {
  it('are compressed points in lower-case hex', () => {
    assert.equal(parsePublicKey(HOT.pub), HOT.pub)
    refused('key-invalid', () => parsePublicKey(HOT.pub.toUpperCase()))
    refused('key-invalid', () => parsePublicKey(HOT.pub.slice(2)))
    refused('key-invalid', () => parsePublicKey(`04${HOT.pub.slice(2)}${HOT.pub.slice(2)}`))
  })

  it('are refused where no point has this x', () => {
    refused('key-invalid', () => parsePublicKey(`02${'f'.repeat(64)}`))
    refused('key-invalid', () => parsePublicKey(`02${'0'.repeat(63)}5`))
  })

  it('survive any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(isPublicKey(text), false)))
  })
})
