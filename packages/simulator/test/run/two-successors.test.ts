import assert from 'node:assert/strict'
import { FederationError } from '@belfry/protocol'
import type { MemberIndex, Millis } from '@belfry/protocol/primitives'
import { fakeSuite } from '../../src/crypto/index.ts'
import { buildFederation, consentsWanted, nextFederation } from '../../src/federation/index.ts'
import { type Report, simulate } from '../../src/index.ts'
import type { MachineNumber } from '../../src/network/index.ts'
import { drawPlan } from '../../src/run/plan.ts'
import { changeOf } from '../../src/run/succession.ts'
import { handOut, makeRival } from '../../src/run/two-successors.ts'
import { Random } from '../../src/world/index.ts'

const timing = { heartbeat_ms: 10_000 as Millis }
const SEEDS = 3_000
const PLAYED = 20

function federation(members: number) {
  const suite = fakeSuite()
  const random = new Random(5, 'federation')
  const before = buildFederation({ members, thresholds: {}, timing }, { suite, random })
  return { suite, random, before, everybody: before.federation.members.map(({ index }) => index) }
}

const isRefused = (error: unknown): boolean => error instanceof FederationError && error.code === 'consents-missing'

describe('two locks that follow the same one', () => {
  for (const members of [4, 5, 7]) {
    it(`of ${members} members do not come about where b of them consent twice, however the others are parted`, () => {
      const { suite, random, before, everybody } = federation(members)
      const { b } = before.federation
      const twice = everybody.slice(0, b)
      for (let size = 0; size <= members - b; size++) {
        const one = [...twice, ...everybody.slice(b, b + size)]
        const other = [...twice, ...everybody.slice(b + size)]
        const [few] = one.length < other.length ? [one] : [other]
        assert.ok(few.length < consentsWanted(before))
        assert.throws(() => nextFederation({ before, leaves: 1 as MemberIndex, joins: null, consenting: few }, { suite, random }), isRefused)
      }
    })
  }

  it('come about where more than b lost what they had consented to, and who they are is seen', () => {
    const { suite, random, before, everybody } = federation(5)
    const next = nextFederation({ before, leaves: 1 as MemberIndex, joins: null, consenting: everybody.slice(1) }, { suite, random })
    const init = { before, next, leavers: [2 as MemberIndex], liars: [1 as MemberIndex] }
    const rival = makeRival({ ...init, forgetful: everybody.slice(1) }, { suite, random })
    assert.ok((rival?.conflict?.twice.length ?? 0) > before.federation.b)
    assert.equal(rival?.conflict?.twice.includes(1 as MemberIndex), false)
    assert.deepEqual(rival?.twice, rival?.conflict?.twice)
    assert.equal(makeRival({ ...init, forgetful: [3 as MemberIndex] }, { suite, random }), null)
  })

  it('are handed out by halves, but for operators who are given both at once', () => {
    const places = new Map([1, 2, 3, 4, 5, 6].map((machine) => [machine as MachineNumber, ['one', 'other']] as const))
    const alone = [...handOut({ both: 0, too_late: 1 }, places, new Random(1, 'hand out')).values()]
    assert.equal(alone.filter(({ first }) => first.join() === 'one').length, 3)
    assert.equal(alone.filter(({ first, later }) => first.join() === 'other' && later.join() === 'one').length, 3)
    const together = [...handOut({ both: 1, too_late: 0 }, places, new Random(1, 'hand out')).values()]
    assert.ok(together.every(({ first, later }) => first.length === 2 && later.length === 0))
  })
})

describe('a world in which two locks follow the same one', function () {
  this.timeout(120_000)
  const played: { readonly report: Report; readonly lines: readonly string[] }[] = []

  before(() => {
    for (let seed = 0; seed < SEEDS && played.length < PLAYED; seed++) {
      const plan = drawPlan(seed)
      if (changeOf(plan) === null || plan.swarm['rival-locks'] === null || plan.members < 4) continue
      const lines: string[] = []
      const report = simulate({ seed, trace: (line) => lines.push(line) })
      if (lines.some((line) => line.includes('another lock follows'))) played.push({ report, lines })
    }
  })

  const told = (text: string): number => played.filter(({ lines }) => lines.some((line) => line.includes(text))).length

  it('is drawn often enough, and holds to every invariant', () => {
    assert.equal(played.length, PLAYED)
    assert.deepEqual(played.flatMap(({ report: { seed, violation } }) => (violation === null ? [] : [{ seed, violation }])), [])
  })

  it('has operators who adopt neither, others who go on with one, and members that tell of the other', () => {
    assert.ok(told('adopts neither') >= 1)
    assert.ok(told('adopts no other') >= 1)
    assert.ok(told('successor-differs') >= 3)
    assert.ok(played.some(({ report }) => report.due.has('successor-differs')))
  })

  it('has seats under both, and the members of the lock before bring the coin back', () => {
    assert.ok(played.some(({ lines }) => lines.some((line) => / m\d+\/1 .*\+manifest-armed/.test(line)) && lines.some((line) => / m\d+\/1b .*\+manifest-armed/.test(line))))
    assert.ok(played.some(({ report, lines }) => report.ending.startsWith('recovered') && lines.some((line) => /healed core [\d,]+$/.test(line))))
  })

  it('is one lock more, and all else is drawn as without', () => {
    const [first] = played
    assert.ok(first)
    assert.equal(first.report.digest.split('-').length, 3)
    assert.ok(simulate({ seed: first.report.seed, without: new Set(['rival-locks']) }).digest.split('-').length <= 2)
  })
})
