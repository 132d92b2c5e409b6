import assert from 'node:assert/strict'
import { nearest } from '../../src/config/nearest.ts'

describe('the nearest known word', () => {
  const known = ['host', 'port', 'allow_remote']

  it('is the one that was most likely meant', () => {
    assert.equal(nearest('hots', known), 'host')
    assert.equal(nearest('prt', known), 'port')
    assert.equal(nearest('allowremote', known), 'allow_remote')
  })

  it('is none where no word is close', () => {
    assert.equal(nearest('banana', known), null)
    assert.equal(nearest('', known), null)
    assert.equal(nearest('x'.repeat(10_000), known), null)
  })
})
