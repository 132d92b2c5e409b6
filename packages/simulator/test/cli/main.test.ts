import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

function simulateWith(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=source', MAIN, ...argv], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('simulate', () => {
  it('ends with one JSON object under --json', () => {
    const { status, stdout } = simulateWith('--seeds', '2', '--from', '8', '--members', '3', '--json')
    assert.equal(status, 0)
    const lines = stdout.trimEnd().split('\n')
    const result: unknown = JSON.parse(lines.at(-1) ?? '')
    assert.ok(typeof result === 'object' && result !== null)
    assert.deepEqual(Object.keys(result), ['seeds', 'failed', 'events', 'events_per_s', 'coverage'])
    assert.deepEqual({ ...result, events: 0, events_per_s: 0, coverage: {} }, { seeds: 2, failed: [], events: 0, events_per_s: 0, coverage: {} })
  })

  it('exits with 1 on a failure, and says the seed, the sentence and how to see it again', () => {
    const { status, stdout, stderr } = simulateWith('--seed', '5', '--planted', 'send-before-sync', '--no-shrink', '--json')
    assert.equal(status, 1)
    assert.match(stdout, /"failed":\[5\]/)
    assert.match(stderr, /seed 5: S5 does not hold: no effect before its record is synced/)
    assert.match(stderr, /pnpm simulate --seed 5 --planted send-before-sync --trace/)
  })

  it('prints the smallest run that fails alike, on stderr, where the result is not', () => {
    const { status, stdout, stderr } = simulateWith('--seed', '5', '--planted', 'send-before-sync', '--json')
    assert.equal(status, 1)
    assert.match(stdout, /^\{.*\}\n$/)
    assert.match(stderr, /seed 5, made smaller by \d+ runs: S5 fails at \d+ ms/)
    assert.match(stderr, /with no faults\n {2}replay: pnpm simulate --seed 5 --members 3 --planted send-before-sync --only none .*--trace/)
  })

  it('prints what was met and what never was with --coverage, before the result', () => {
    const { status, stdout } = simulateWith('--seeds', '1', '--coverage', '--json')
    assert.equal(status, 0)
    assert.match(stdout, /never {2}\S+.* × /)
    assert.match(stdout, /\d+ pairs met, \d+ never\n\{/)
  })

  it('begins no seed when its time is over', () => {
    const { status, stdout } = simulateWith('--seconds', '1', '--jobs', '1', '--json')
    assert.equal(status, 0)
    const { seeds } = JSON.parse(stdout) as { seeds: number }
    assert.ok(seeds >= 1)
  })

  it('prints everything that happens with --trace', () => {
    const { status, stdout } = simulateWith('--seed', '5', '--planted', 'send-before-sync', '--trace')
    assert.equal(status, 1)
    assert.match(stdout, /start 1/)
    assert.match(stdout, /S5 does not hold/)
  })

  it('says how to use it, with exit code 0 when asked and 2 when misused', () => {
    assert.match(simulateWith('--help').stdout, /Usage: pnpm simulate/)
    const { status, stderr } = simulateWith('--seeds', 'many')
    assert.equal(status, 2)
    assert.match(stderr, /--seeds is a whole number/)
  })
})
