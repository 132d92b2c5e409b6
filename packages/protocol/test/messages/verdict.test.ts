import assert from 'node:assert/strict'
import { IGNORE_CODES, REJECT_CODES, verdictOf } from '../../src/index.ts'
import { SCHEMA_VERDICTS } from '../../src/messages/verdict.ts'

describe('a verdict', () => {
  it('is one of three, by the code alone', () => {
    assert.equal(verdictOf('accepted'), 'accept')
    for (const code of REJECT_CODES) assert.equal(verdictOf(code), 'reject')
    for (const code of IGNORE_CODES) assert.equal(verdictOf(code), 'ignore')
    assert.equal(new Set([...REJECT_CODES, ...IGNORE_CODES]).size, REJECT_CODES.length + IGNORE_CODES.length)
  })

  it('never rejects what a later version may have added', () => {
    assert.equal(verdictOf(SCHEMA_VERDICTS['unknown-field']), 'ignore')
    assert.equal(verdictOf(SCHEMA_VERDICTS['unknown-variant']), 'ignore')
  })

  it('rejects nothing that depends on time or on what I hold', () => {
    const local = [
      'stale',
      'duplicate',
      'unknown-vault',
      'unknown-manifest',
      'anchor-out-of-window',
      'sender-over-budget',
    ] as const
    for (const code of local) assert.equal(verdictOf(code), 'ignore')
  })
})
