import assert from 'node:assert/strict'
import { requireSameEnrolmentKeys } from '../../../src/commands/vault/reenrol.ts'

describe('the enrolment keys of a vault in the next epoch', () => {
  const [a, b, c] = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32)) as [string, string, string]
  const before = { k: 2, keys: [a, b, c] }

  it('are those of the epoch before, in any order', () => {
    requireSameEnrolmentKeys({ k: 2, keys: [c, a, b] }, before)
  })

  for (const [what, asked] of [
    ['fewer of them sign', { k: 1, keys: [a, b, c] }],
    ['one is left out', { k: 2, keys: [a, b] }],
    ['one is another', { k: 2, keys: [a, b, 'dd'.repeat(32)] }],
  ] as const) {
    it(`are not others: ${what}`, () => {
      assert.throws(() => requireSameEnrolmentKeys(asked, before), { code: 'usage' })
    })
  }
})
