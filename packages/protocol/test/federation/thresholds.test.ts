import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import {
  ACTIONS,
  type FederationErrorCode,
  type ThresholdChoices,
  checkThresholds,
  derive,
  meaning,
  safeApprovals,
  withDefaults,
} from '../../src/index.ts'

/** The table of the protocol document, column by column. */
const TABLE = [
  { n: 3, b: 0, qt: 2, d: 1, protected: 2, down: 1, safe: 2, liars: 2, succession: [2, 1, 2] },
  { n: 4, b: 1, qt: 3, d: 1, protected: 4, down: 0, safe: 2, liars: 3, succession: [3, 1, 4] },
  { n: 5, b: 1, qt: 3, d: 2, protected: 4, down: 1, safe: 3, liars: 4, succession: [4, 1, 5] },
  { n: 6, b: 1, qt: 4, d: 2, protected: 5, down: 1, safe: 3, liars: 4, succession: [5, 1, 6] },
  { n: 7, b: 2, qt: 4, d: 3, protected: 6, down: 1, safe: 4, liars: 6, succession: [5, 2, 7] },
  { n: 10, b: 3, qt: 6, d: 4, protected: 9, down: 1, safe: 5, liars: 8, succession: [7, 3, 10] },
  { n: 15, b: 4, qt: 8, d: 7, protected: 12, down: 3, safe: 8, liars: 12, succession: [9, 6, 13] },
]

const both = (count: number) => ({ q: count, t: count })
const codesOf = (n: number, choices: ThresholdChoices): FederationErrorCode[] => [
  ...new Set(checkThresholds(n, withDefaults(n, choices)).map(({ code }) => code)),
]

describe('default thresholds', () => {
  for (const row of TABLE) {
    it(`are those of the table for ${row.n} members`, () => {
      const { n } = row
      const thresholds = withDefaults(n)
      const { b } = thresholds
      const clawback = derive(n, b, thresholds.clawback)
      const succession = derive(n, b, thresholds.succession)
      const approvals = safeApprovals(n, b, thresholds.clawback)
      assert.deepEqual(thresholds.emergency, thresholds.clawback)
      assert.deepEqual(
        {
          n,
          b,
          qt: clawback.q,
          d: clawback.d,
          protected: clawback.protected,
          down: n - clawback.protected,
          safe: approvals.safe,
          liars: approvals.safe_with_liars,
          succession: [succession.q, succession.d, succession.protected],
        },
        row,
      )
      assert.deepEqual([clawback.t, succession.t], [clawback.q, succession.q])
      assert.deepEqual(checkThresholds(n, thresholds), [])
    })
  }

  it('break no rule for any number of members from 3 to 64', () => {
    for (let n = 3; n <= 64; n++) assert.deepEqual(codesOf(n, {}), [], `n = ${n}`)
  })

  it('never reach for the override, even where it is given', () => {
    assert.deepEqual(withDefaults(4, { b: 0, accept_no_spare_member: true }).succession, both(3))
  })

  it('lower succession to the majority where a chosen b leaves no room for one more', () => {
    assert.deepEqual(withDefaults(5, { b: 2 }).succession, both(3))
    assert.deepEqual(codesOf(5, { b: 2 }), [])
  })
})

describe('checkThresholds', () => {
  const refusals: [FederationErrorCode, number, ThresholdChoices, string][] = [
    ['member-count', 2, {}, 'A federation has 3 to 64 members, this one has 2.'],
    ['member-count', 65, {}, 'A federation has 3 to 64 members, this one has 65.'],
    [
      'threshold-above-members',
      5,
      { clawback: { q: 6, t: 3 } },
      'clawback (q = 6, t = 3, b = 1, n = 5) needs 6 members, but there are only 5.',
    ],
    [
      'threshold-too-low',
      3,
      { emergency: { q: 2, t: 1 }, b: 0 },
      'emergency (q = 2, t = 1, b = 0, n = 3) could be taken by one member alone: ' +
        'the lower of q and t is 1, not at least 2.',
    ],
    [
      'liars-reach-threshold',
      7,
      { clawback: { q: 2, t: 4 } },
      'clawback (q = 2, t = 4, b = 2, n = 7) is not safe against 2 lying members: 2 of them could act alone.',
    ],
    [
      'no-spare-member',
      5,
      { succession: both(5), b: 0 },
      'succession (q = 5, t = 5, b = 0, n = 5) needs all 5 of 5 members: one that is down stops it.',
    ],
    [
      'liars-exceed-spare',
      7,
      { clawback: { q: 4, t: 6 } },
      'clawback (q = 4, t = 6, b = 2, n = 7) needs 6 of 7 members, so only 1 may be missing: ' +
        '2 lying members could stop it by silence.',
    ],
  ]
  for (const [code, n, choices, sentence] of refusals) {
    it(`refuses ${JSON.stringify(choices)} of ${n} members: ${code}`, () => {
      const [finding, ...others] = checkThresholds(n, withDefaults(n, choices))
      assert.deepEqual(others, [])
      assert.equal(finding?.code, code)
      assert.equal(finding.message, sentence)
      assert.match(finding.remedy, /^[A-Z].*\.$/)
    })
  }

  it('lets an action need every member only with the override, and then only without liars', () => {
    assert.deepEqual(codesOf(5, { succession: both(5), b: 0, accept_no_spare_member: true }), [])
    assert.deepEqual(codesOf(5, { succession: both(5), accept_no_spare_member: true }), ['liars-exceed-spare'])
  })

  it('reports every broken rule of every action at once', () => {
    const choices = { clawback: { q: 1, t: 5 }, succession: { q: 9, t: 9 } }
    assert.deepEqual(codesOf(5, choices), [
      'threshold-too-low',
      'liars-reach-threshold',
      'no-spare-member',
      'liars-exceed-spare',
      'threshold-above-members',
    ])
  })

  it('passes exactly what the rules say, for any numbers', () => {
    const count = fc.nat(12)
    const anyQuorum = fc.record({ q: count, t: count })
    const anyChoices = fc.record({
      b: count,
      clawback: anyQuorum,
      emergency: anyQuorum,
      succession: anyQuorum,
      accept_no_spare_member: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 10 }), anyChoices, (n, thresholds) => {
        const { b, accept_no_spare_member } = thresholds
        const lawful = ACTIONS.every((action) => {
          const { q, t } = thresholds[action]
          const [least, most] = [Math.min(q, t), Math.max(q, t)]
          return least >= 2 && b < least && b <= n - most && (most < n || (most === n && accept_no_spare_member))
        })
        assert.equal(checkThresholds(n, thresholds).length === 0, lawful)
      }),
      { numRuns: 2_000 },
    )
  })

  it('advises what it then accepts', () => {
    assert.deepEqual(codesOf(7, { clawback: both(5) }), [])
    const [finding] = checkThresholds(7, withDefaults(7, { clawback: both(6) }))
    assert.equal(finding?.remedy, 'Lower q and t to at most 5, or b to at most 1, or add members.')
    assert.deepEqual(codesOf(7, { clawback: both(6), b: 1 }), [])
  })
})

describe('meaning', () => {
  it('says what the numbers mean', () => {
    assert.equal(meaning(5, both(3)), 'any 3 of 5 can claw back; 2 alone can do nothing; works with 2 down')
  })

  it('counts the higher of q and t as needed and one less than the lower as harmless', () => {
    assert.equal(
      meaning(7, { q: 3, t: 5 }, 'succession'),
      'any 5 of 7 can start the succession; 2 alone can do nothing; works with 2 down',
    )
  })

  it('says plainly when none may be down', () => {
    assert.equal(
      meaning(3, both(3), 'emergency'),
      'only all 3 can send the emergency recovery; 2 alone can do nothing; none may be down',
    )
  })
})
