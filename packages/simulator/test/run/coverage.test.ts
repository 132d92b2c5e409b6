import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { INPUT_NAMES, STATE_NAMES, neverSeen, pairOf } from '../../src/run/coverage.ts'
import { simulate } from '../../src/index.ts'

const ALL = new Set(INPUT_NAMES.flatMap((input) => STATE_NAMES.map((state) => pairOf(input, state))))

describe('the coverage of a run', () => {
  it('names only pairs of an input and a state that there are', () => {
    for (const seed of [0, 1, 2]) {
      const { coverage } = simulate({ seed })
      assert.ok(coverage.size > 20)
      assert.deepEqual([...coverage.keys()].filter((pair) => !ALL.has(pair)), [])
    }
  })

  it('says what was never met', () => {
    assert.equal(neverSeen(new Map()).length, ALL.size)
    assert.ok(!neverSeen(new Map([['frame vote × open', 1]])).includes('frame vote × open'))
  })

  it('is asked for by a list of pairs that there are', () => {
    const lines = readFileSync(new URL('../../coverage.txt', import.meta.url), 'utf8').split('\n')
    const wanted = lines.filter((line) => line !== '' && !line.startsWith('#'))
    assert.ok(wanted.length >= 100)
    assert.deepEqual(wanted.filter((pair) => !ALL.has(pair)), [])
    assert.equal(new Set(wanted).size, wanted.length)
  })
})
