import assert from 'node:assert/strict'
import { RuntimeError } from '@belfry/runtime'
import { brokenBy } from '../src/errors.ts'
import { StoreError } from '../src/store/index.ts'

describe('what a node says that ends', () => {
  it('is the innermost cause that has words, and what to do about that', () => {
    const full = new StoreError('store-full', 'the disk of the data directory is full', { cause: new Error('IO error: No space left on device') })
    const { code, message, remedy, cause } = brokenBy(new RuntimeError('disk-failed', 'the disk failed to write', { cause: full }))
    assert.deepEqual([code, message], ['broken', 'the node ended: the disk of the data directory is full'])
    assert.match(remedy, /^Free some space/)
    assert.ok(cause instanceof RuntimeError)
  })

  it('is no more than that it ended where nobody said why', () => {
    const loop = new Error('a bug')
    loop.cause = loop
    for (const cause of [new TypeError('a bug'), 'a word', null, loop]) {
      const { message, remedy } = brokenBy(cause)
      assert.deepEqual([message, remedy], ['the node ended', 'Read the log; start it again once the cause is gone.'])
    }
  })
})
