import assert from 'node:assert/strict'
import { corpusLine, loadCorpus, readCorpus } from '../../src/cli/corpus.ts'

describe('the corpus', () => {
  it('is read line by line: seed, invariant, reason', () => {
    const text = '# for people\n\n7 S3 signed again after a torn tail\n4294967295 L1  lost in a storm \n'
    assert.deepEqual(readCorpus(text), [
      { seed: 7, invariant: 'S3', reason: 'signed again after a torn tail' },
      { seed: 4_294_967_295, invariant: 'L1', reason: 'lost in a storm' },
    ])
  })

  it('holds what it holds once, and says in which line something is wrong', () => {
    for (const wrong of ['7 S3', 'seven S3 because', '4294967296 S3 because', '-1 S3 because']) {
      assert.throws(() => readCorpus(`# one\n${wrong}`), /line 2/, wrong)
    }
    assert.throws(() => readCorpus('7 S3 because\n7 S4 because'), /line 2: seed 7 is there already/)
  })

  it('takes the line that a failing campaign prints', () => {
    const entry = { seed: 12, invariant: 'S6', reason: 'the log\nrestores to   another state' }
    assert.deepEqual(readCorpus(corpusLine(entry)), [{ ...entry, reason: 'the log restores to another state' }])
  })

  it('has the seeds that are known to have failed', () => {
    const seeds = loadCorpus().map(({ seed }) => seed)
    for (const seed of [3, 7_100_009, 7_100_101]) assert.ok(seeds.includes(seed))
  })
})
