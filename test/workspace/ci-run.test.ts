import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const SCRIPT = resolve(import.meta.dirname, '../../.ci/run')

/** Stands for npx: of what it is asked to run the two runs of tests alone do something, and each says how it was run. */
const NPX = `#!/bin/sh
case "$3" in
  test) part=main ended="$STUB_MAIN" ;;
  test:attacks) part=beside ended="$STUB_BESIDE"; if read -r typed; then echo "beside took $typed"; fi ;;
  *) exit 0 ;;
esac
if [ "$ended" = killed ]; then
  sleep 600 > /dev/null 2>&1 &
  echo "$!" > "$STUB_PIDS/$part"
  kill -KILL $$
fi
if [ "$ended" = never ]; then
  sleep 600 &
  echo "$$ $!" > "$STUB_PIDS/$part"
  if [ $part = main ]; then until [ -s "$STUB_PIDS/beside" ]; do sleep 0.02; done; echo 'both run'; fi
  wait
fi
echo "$part tries $BELFRY_MEMPOOL_POLICIES on $BELFRY_TEST_PORTS"
set -- $ended
[ $# -eq 1 ] || printf 'slowest files:\\n%s passed, %s failed\\n' "$2" "$3" > "$BELFRY_TEST_SUMMARY"
exit "$1"
`

describe('.ci/run', () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'belfry-ci-test-'))
    await cp(SCRIPT, join(folder, '.ci/run'))
    await mkdir(join(folder, 'bin'))
    await mkdir(join(folder, 'tmp'))
    await mkdir(join(folder, 'pids'))
    await writeFile(join(folder, 'bin/npx'), NPX, { mode: 0o755 })
  })
  after(() => rm(folder, { recursive: true, force: true }))

  /** @param main,beside how each ends: exit code, passed, failed; without the last two nothing was counted; or `killed`, or `never` */
  function environment(main: string, beside: string): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, TMPDIR: join(folder, 'tmp'), CI: 'true',
      STUB_MAIN: main, STUB_BESIDE: beside, STUB_PIDS: join(folder, 'pids'),
    }
  }

  function run(main: string, beside: string): { readonly exit: number | null; readonly lines: readonly string[] } {
    const { status, stdout } = spawnSync(join(folder, '.ci/run'), { env: environment(main, beside), encoding: 'utf8', input: 'typed\n' })
    return { exit: status, lines: stdout.trimEnd().split('\n') }
  }

  it('tries one mempool policy in each of two runs, each with ports of its own, and ends with one count of both', () => {
    const { exit, lines } = run('0 10 0', '0 3 0')
    assert.equal(exit, 0)
    assert.deepEqual(lines.filter((line) => / tries /.test(line)), ['main tries enforce on 24000-32000', 'beside tries accept on 20000-24000'])
    assert.equal(lines.at(-1), '13 passed, 0 failed')
  })

  it('fails where either fails, and counts the other still', () => {
    const ends = [run('2 8 2', '0 3 0'), run('0 10 0', '1 2 1'), run('2 8 2', '1 2 1')].map(({ exit, lines }) => [exit, lines.at(-1)])
    assert.deepEqual(ends, [[2, '11 passed, 2 failed'], [1, '12 passed, 1 failed'], [2, '10 passed, 3 failed']])
  })

  it('fails where either did not come to count, whatever it ended with', () => {
    for (const [main, beside, silent] of [['0', '0 3 0', 'main'], ['0 3 0', '0', 'beside']] as const) {
      const { exit, lines } = run(main, beside)
      assert.equal(exit, 1)
      assert.ok(lines.includes(`the tests (${silent}) did not run to their end`))
      assert.equal(lines.at(-1), '3 passed, 0 failed')
    }
  })

  it('fails where either is killed, and ends what that had started', async () => {
    for (const [main, beside, killed] of [['killed', '0 3 0', 'main'], ['0 3 0', 'killed', 'beside']] as const) {
      const { exit, lines } = run(main, beside)
      assert.deepEqual([exit, lines.at(-1)], [137, '3 passed, 0 failed'])
      const pids = [(await readFile(join(folder, 'pids', killed), 'utf8')).trim()]
      while ((await running(pids)).length > 0) await sleep(10)
    }
    await forgetPids()
  })

  for (const [signal, exit, how] of [['SIGTERM', 143, ''], ['SIGINT', 130, ''], ['SIGHUP', 129, ''], ['SIGTERM', 143, ', while they are stopped']] as const) {
    it(`ends what it started, and their children, where it alone is sent ${signal}${how}`, async () => {
      const script = spawn(join(folder, '.ci/run'), { env: environment('never', 'never'), stdio: ['ignore', 'pipe', 'ignore'] })
      const ended = once(script, 'exit')
      for await (const line of createInterface(script.stdout)) if (line === 'both run') break
      const pids = (await Promise.all(['main', 'beside'].map((part) => readFile(join(folder, 'pids', part), 'utf8')))).join(' ').trim().split(/\s+/)
      assert.equal(pids.length, 4)
      assert.deepEqual(await running(pids), pids)
      if (how !== '') for (const pid of pids) process.kill(Number(pid), 'SIGSTOP')
      script.kill(signal)
      assert.deepEqual(await ended, [exit, null])
      // It waits for the first of each group; the others were sent the same.
      while ((await running(pids)).length > 0) await sleep(10)
      assert.deepEqual(await readdir(join(folder, 'tmp')), [])
      await forgetPids()
    })
  }

  async function forgetPids(): Promise<void> {
    await rm(join(folder, 'pids'), { recursive: true })
    await mkdir(join(folder, 'pids'))
  }

  it('gives what runs beside nothing to read, which would stop it in a terminal, and leaves no file', async () => {
    assert.deepEqual(run('0 10 0', '0 3 0').lines.filter((line) => / took /.test(line)), [])
    assert.deepEqual(await readdir(join(folder, 'tmp')), [])
  })
})

async function running(pids: readonly string[]): Promise<readonly string[]> {
  const states = await Promise.all(pids.map(isRunning))
  return pids.filter((_pid, at) => states[at])
}

/** On Linux what has ended, and nobody has waited for, has a process number still. */
async function isRunning(pid: string): Promise<boolean> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/stat`, 'utf8').then((stat) => !/\) [ZX] /.test(stat), () => false)
  try {
    process.kill(Number(pid), 0)
    return true
  } catch {
    return false
  }
}
