import assert from 'node:assert/strict'
import { descriptorChecksum, withChecksum } from '../../src/index.ts'

describe('descriptor checksums', () => {
  it('give what BIP-380 gives for its own example', () => {
    assert.equal(withChecksum('raw(deadbeef)'), 'raw(deadbeef)#89f8spxm')
  })

  it('differ when one character differs', () => {
    assert.notEqual(descriptorChecksum('raw(deadbeee)'), descriptorChecksum('raw(deadbeef)'))
  })

  it('refuse characters that no descriptor has', () => {
    assert.throws(() => descriptorChecksum('raw(Ü)'), RangeError)
  })
})
