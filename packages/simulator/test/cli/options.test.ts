import assert from 'node:assert/strict'
import { UsageError, readOptions } from '../../src/cli/options.ts'

const read = (...argv: string[]) => readOptions(argv)

describe('the options of simulate', () => {
  it('runs a hundred seeds from 0 where nothing is asked for', () => {
    const { jobs, ...options } = read()
    assert.ok(jobs >= 1)
    assert.deepEqual(options, {
      seeds: 100,
      from: 0,
      members: undefined,
      planted: undefined,
      trace: false,
      json: false,
      help: false,
    })
  })

  it('takes one seed to trace, up to 2^32 - 1', () => {
    const { seeds, from, trace } = read('--seed', '4294967295', '--trace')
    assert.deepEqual({ seeds, from, trace }, { seeds: 1, from: 4_294_967_295, trace: true })
  })

  it('takes a range, a size and a planted bug', () => {
    const { seeds, from, members, planted, json } = read('--seeds', '7', '--from', '3', '--members', '9', '--planted', 'ledger-lost', '--json')
    assert.deepEqual({ seeds, from, members, planted: planted?.name, json }, { seeds: 7, from: 3, members: 9, planted: 'ledger-lost', json: true })
  })

  const wrong: [string, string[]][] = [
    ['a seed above 2^32 - 1', ['--seed', '4294967296']],
    ['more seeds than there are', ['--from', '4294967295', '--seeds', '2']],
    ['a number that is none', ['--seeds', '1e3']],
    ['no seeds', ['--seeds', '0']],
    ['a federation of two', ['--members', '2']],
    ['a federation of 65', ['--members', '65']],
    ['a bug that is not planted', ['--planted', 'none']],
    ['a trace of many seeds', ['--trace']],
    ['one seed and many', ['--seed', '1', '--seeds', '2']],
    ['an option that there is not', ['--fast']],
    ['a stray word', ['fast']],
    ['no job at all', ['--jobs', '0']],
  ]
  for (const [what, argv] of wrong) {
    it(`refuses ${what}`, () => {
      assert.throws(() => read(...argv), UsageError)
    })
  }
})
