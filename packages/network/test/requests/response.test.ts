import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { decodeResponse, encodeResponse } from '../../src/requests/response.ts'

describe('a response', () => {
  it('comes out as it went in', () => {
    fc.assert(fc.property(fc.constantFrom('ok', 'over-budget', 'failed'), fc.uint8Array(), (status, bytes) => {
      assert.deepEqual(decodeResponse(encodeResponse(status, bytes)), { status, bytes })
    }))
  })

  it('of an unknown status, or of none, is none', () => {
    assert.equal(decodeResponse(new Uint8Array()), null)
    assert.equal(decodeResponse(Uint8Array.of(3)), null)
    assert.equal(decodeResponse(Uint8Array.of(255, 1)), null)
  })
})
