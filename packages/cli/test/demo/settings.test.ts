import assert from 'node:assert/strict'
import { settingsOf } from '../../src/demo/settings.ts'

const OPTIONS = { members: 5, actAt: 'confirmation', kill: 0 } as const

describe('settings of the demo', () => {
  it('take the federation\'s own thresholds where none are given', () => {
    const { quorum, meaning, choices, keep } = settingsOf(OPTIONS)
    assert.equal(quorum, 3)
    assert.equal(meaning, 'any 3 of 5 can claw back; 2 alone can do nothing; works with 2 down')
    assert.deepEqual(choices, {})
    assert.equal(keep, false)
  })

  it('set q and t of clawback and emergency by the quorum', () => {
    const { quorum, choices } = settingsOf({ ...OPTIONS, quorum: 4 })
    assert.equal(quorum, 4)
    assert.deepEqual(choices, { clawback: { q: 4, t: 4 }, emergency: { q: 4, t: 4 } })
  })

  for (const [members, quorum, code] of [
    [5, 1, 'threshold-too-low'],
    [5, 5, 'no-spare-member'],
    [5, 6, 'threshold-above-members'],
    [7, 2, 'liars-reach-threshold'],
    [7, 6, 'liars-exceed-spare'],
  ] as const) {
    it(`refuse a quorum of ${quorum} of ${members} with the rule: ${code}`, () => {
      assert.throws(() => settingsOf({ ...OPTIONS, members, quorum }), { code })
    })
  }

  it('let all members be killed, and no more', () => {
    assert.equal(settingsOf({ ...OPTIONS, kill: 5 }).kill, 5)
    assert.throws(() => settingsOf({ ...OPTIONS, kill: 6 }), { code: 'usage' })
  })
})
