import assert from 'node:assert/strict'
import { helpText, parseArguments } from '../arguments.ts'
import type { Bench } from '../bench.ts'
import { BENCHES } from '../benches.ts'

const bench: Bench = { name: 'reaction', summary: 'how fast', run: () => Promise.reject(new Error('not here')) }
const parse = (...args: string[]) => parseArguments(args, [bench])
const messageOf = (...args: string[]): string => {
  const parsed = parse(...args)
  assert.equal(parsed.kind, 'wrong')
  return parsed.kind === 'wrong' ? parsed.message : ''
}

describe('the arguments of pnpm bench', () => {
  it('chooses a benchmark by its name, with its options in any place', () => {
    assert.deepEqual(parse('reaction'), { kind: 'run', bench, json: false, blocks: null, samples: null, incidents: null, seed: null })
    assert.deepEqual(parse('--json', 'reaction', '--blocks', 'dir', '--samples=7'), { kind: 'run', bench, json: true, blocks: 'dir', samples: 7, incidents: null, seed: null })
  })

  it('says what there is where the name is missing or unknown', () => {
    assert.match(messageOf(), /which benchmark\? There is: reaction/)
    assert.match(messageOf('reactions'), /no benchmark "reactions"; there is: reaction/)
  })

  it('refuses a second name, an unknown option and a number of samples that is none', () => {
    assert.match(messageOf('reaction', 'more'), /"more" is too much/)
    assert.match(messageOf('reaction', '--fast'), /--fast/)
    for (const samples of ['0', '-1', '1.5', 'many', '10001']) assert.match(messageOf('reaction', `--samples=${samples}`), /whole number/)
  })

  it('takes how many incidents a simulation plays, and from which seed', () => {
    const parsed = parse('reaction', '--incidents', '200', '--seed=0')
    assert.ok(parsed.kind === 'run')
    assert.deepEqual([parsed.incidents, parsed.seed], [200, 0])
    for (const bad of ['--incidents=0', '--incidents=1000001', '--seed=-1', '--seed=4294967296', '--seed='])
      assert.match(messageOf('reaction', bad), /whole number/)
  })

  it('helps before it complains, and names every benchmark there is', () => {
    assert.equal(parse('no-such', '--help').kind, 'help')
    for (const { name, summary } of BENCHES) {
      assert.ok(helpText(BENCHES).includes(name))
      assert.ok(helpText(BENCHES).includes(summary))
    }
  })
})
