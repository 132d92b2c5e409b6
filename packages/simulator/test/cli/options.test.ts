import assert from 'node:assert/strict'
import { type Options, UsageError, readOptions } from '../../src/cli/options.ts'
import { FAULT_CLASSES } from '../../src/run/index.ts'

const read = (...argv: string[]) => readOptions(argv)
const pick = ({ from, seeds, seconds, corpus }: Options) => ({ from, seeds, seconds, corpus })

describe('the options of simulate', () => {
  it('runs a hundred seeds from 0 where nothing is asked for', () => {
    const { jobs, ...options } = read()
    assert.ok(jobs >= 1)
    assert.deepEqual(options, {
      seeds: 100,
      from: 0,
      corpus: false,
      members: undefined,
      planted: undefined,
      without: [],
      muted: [],
      calm_from_ms: undefined,
      seconds: undefined,
      planted_table: false,
      coverage: false,
      shrink: true,
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

  it('leaves out classes of faults, or all but some, and strategies', () => {
    const { without, muted, calm_from_ms } = read('--seed', '1', '--without', 'loss,crashes', '--mute', 'flood', '--calm-from', '90000')
    assert.deepEqual({ without, muted, calm_from_ms }, { without: ['loss', 'crashes'], muted: ['flood'], calm_from_ms: 90_000 })
    assert.deepEqual(read('--only', 'loss').without, FAULT_CLASSES.filter((name) => name !== 'loss'))
    assert.deepEqual(read('--only', 'none').without, FAULT_CLASSES)
  })

  it('runs for a time, or the corpus alone, or the corpus before others', () => {
    assert.deepEqual(pick(read('--seconds', '9')), { from: 0, seeds: 2 ** 32, seconds: 9, corpus: false })
    assert.deepEqual(pick(read('--seconds', '9', '--seeds', '5')), { from: 0, seeds: 5, seconds: 9, corpus: false })
    assert.deepEqual(pick(read('--corpus')), { from: 0, seeds: 0, seconds: undefined, corpus: true })
    assert.deepEqual(pick(read('--corpus', '--from', '7')), { from: 7, seeds: 100, seconds: undefined, corpus: true })
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
    ['a class of faults that there is not', ['--without', 'gremlins']],
    ['a strategy that there is not', ['--mute', 'loss']],
    ['both sides of one choice', ['--without', 'loss', '--only', 'loss']],
    ['one seed and the corpus', ['--seed', '1', '--corpus']],
    ['no time at all', ['--seconds', '0']],
  ]
  for (const [what, argv] of wrong) {
    it(`refuses ${what}`, () => {
      assert.throws(() => read(...argv), UsageError)
    })
  }
})
