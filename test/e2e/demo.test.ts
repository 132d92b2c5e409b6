import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireBitcoind } from '../../packages/bitcoind/test/support/require-bitcoind.ts'
import { type Finished, type Started, TEST_LIMIT_MS, eventually, startBelfryWith } from '../support/watch.ts'

interface DemoLine {
  readonly event: string
  readonly at_ms: number
  readonly [field: string]: unknown
}

const TXID = /^[0-9a-f]{64}$/

/** Demos that run to their end by themselves. */
const WHOLE = {
  clawback: ['--json', '--members', '4'],
  words: [],
  'member killed': ['--json', '--members', '4', '--quorum', '2', '--kill', '1', '--act-at', 'mempool'],
  'quorum lost': ['--json', '--members', '3', '--kill', '2'],
  kept: ['--json', '--members', '3', '--keep'],
} as const satisfies Readonly<Record<string, readonly string[]>>
/** Half of a demo is waiting for blocks, which are mined every few seconds as people see them. */
const SIDE_BY_SIDE = 2
const MAX_LAST_WORDS = 2_000

describe('belfry demo', function () {
  this.timeout(TEST_LIMIT_MS)

  before(async function () {
    await requireBitcoind(this)
  })

  /** @param folder takes all that a demo puts on the disk, and is in the command line of all that it starts */
  const start = (folder: string, ...flags: readonly string[]): Started => startBelfryWith({ TMPDIR: folder }, 'demo', ...flags)
  const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'belfry-demo-test-'))

  async function finish(demo: Started): Promise<Finished> {
    const [exit] = (await once(demo.process, 'close')) as [number | null]
    return { exit, stdout: demo.stdout(), stderr: demo.stderr() }
  }

  async function clear(folder: string): Promise<void> {
    for (const pid of await processesOf(folder)) process.kill(pid, 'SIGKILL')
    await eventually('the end of all processes', async () => (await processesOf(folder)).length === 0)
    await rm(folder, { recursive: true, force: true })
  }

  async function assertNothingLeft(folder: string): Promise<void> {
    assert.deepEqual(await readdir(folder), [], 'nothing on the disk')
    assert.deepEqual(await processesOf(folder), [], 'nothing runs')
  }

  describe('that runs to its end', () => {
    const names = Object.keys(WHOLE) as (keyof typeof WHOLE)[]
    const runs = new Map(names.map((name) => [name, Promise.withResolvers<Finished & { readonly folder: string }>()]))
    const folders: string[] = []
    const left = [...names]
    let working: Promise<void>[] = []

    async function work(): Promise<void> {
      for (let name = left.shift(); name !== undefined; name = left.shift()) {
        const folder = await newFolder()
        folders.push(folder)
        runs.get(name)?.resolve({ folder, ...(await finish(start(folder, ...WHOLE[name]))) })
      }
    }

    before(() => {
      working = Array.from({ length: SIDE_BY_SIDE }, work)
    })
    after(async function () {
      this.timeout(TEST_LIMIT_MS)
      left.length = 0
      for (const folder of folders) await clear(folder)
      await Promise.all(working)
    })

    /** With its last words, on either stream, for where it ends otherwise than it should. */
    async function ended(name: keyof typeof WHOLE) {
      const run = (await runs.get(name)?.promise) ?? assert.fail()
      return { ...run, said: `${run.stderr}${run.stdout.slice(-MAX_LAST_WORDS)}` }
    }

    it('ends with the clawback, one JSON object a line, and leaves nothing behind', async () => {
      const { exit, stdout, said, folder } = await ended('clawback')
      assert.equal(exit, 0, said)
      const lines = linesOf(stdout)
      const names = lines.map(({ event }) => event)
      for (const event of ['demo-started', 'vault-guarded', 'theft-submitted', 'trigger-seen', 'voted', 'certified', 'released', 'rebuilt', 'broadcast', 'recovery-confirmed', 'block-mined']) {
        assert.ok(names.includes(event), `${event} is told`)
      }
      const { event, at_ms, clawback_txid, unvault_txid, theft_to_clawback_ms, first_seen_to_clawback_ms, votes, ...rest } = last(lines)
      assert.equal(event, 'demo-finished')
      assert.deepEqual(rest, { rung_sat_vb: 2, members: 4, quorum: 3, confirmations: 1 })
      assert.match(String(clawback_txid), TXID)
      assert.match(String(unvault_txid), TXID)
      assert.equal(unvault_txid, lines.find((line) => line.event === 'theft-submitted')?.['txid'])
      assert.equal(clawback_txid, lines.find((line) => line.event === 'broadcast')?.['txid'])
      assert.ok(Number.isInteger(at_ms) && at_ms >= (lines[0]?.at_ms ?? Infinity))
      assert.ok(Number(votes) >= 3 && Number(votes) <= 4)
      assert.ok(Number.isInteger(theft_to_clawback_ms) && Number.isInteger(first_seen_to_clawback_ms))
      assert.ok(Number(theft_to_clawback_ms) >= Number(first_seen_to_clawback_ms), 'nobody sees it before it is sent')
      assert.ok(Number(first_seen_to_clawback_ms) > 0)
      await assertNothingLeft(folder)
    })

    it('prints in words what the README shows, and then the same story with its proofs', async () => {
      const { exit, stdout, stderr, said, folder } = await ended('words')
      assert.equal(exit, 0, said)
      const readme = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8')
      const shown = /```\n(A federation of 5:[^`]*)```/.exec(readme)?.[1] ?? assert.fail('the README shows a demo')
      const printed = new Set(shapesOf(stderr + stdout))
      assert.deepEqual(shapesOf(shown).filter((line) => line !== '…' && !printed.has(line)), [])
      const explained = stdout.slice(stdout.indexOf('The same story'))
      for (const words of ['The theft of vault savings: recovered', 'holds a certificate: 3 votes', 'signature valid', 'The coin is safe']) {
        assert.ok(explained.includes(words), words)
      }
      await assertNothingLeft(folder)
    })

    it('claws back with a quorum that was chosen and a member killed, and tells each line of each member\'s story once, in the order of time', async () => {
      const { exit, stdout, said } = await ended('member killed')
      assert.equal(exit, 0, said)
      const lines = linesOf(stdout)
      assert.deepEqual(lines.filter(({ event }) => event === 'member-killed').map(({ member }) => member), [4])
      const { quorum, members } = last(lines)
      assert.deepEqual({ quorum, members }, { quorum: 2, members: 4 })
      const votes = lines.filter(({ event }) => event === 'voted').map(({ by }) => by)
      assert.deepEqual([...votes].toSorted((a, b) => Number(a) - Number(b)), [1, 2, 3])
      const story = lines.slice(lines.findIndex(({ event }) => event === 'theft-submitted'), -1)
      const times = story.map(({ at_ms }) => at_ms)
      assert.deepEqual(times, times.toSorted((a, b) => a - b))
    })

    it('says quorum-lost, and exits with 3, where too many members are killed before the theft', async () => {
      const { exit, stdout, said, folder } = await ended('quorum lost')
      assert.equal(exit, 3, said)
      const lines = linesOf(stdout)
      const theft = lines.find(({ event }) => event === 'theft-submitted')
      const { at_ms, unvault_txid, ...rest } = last(lines)
      assert.deepEqual(rest, {
        event: 'demo-finished', clawback_txid: null, reason: 'quorum-lost', rung_sat_vb: null, votes: 1, members: 3, quorum: 2,
        confirmations: 0, theft_to_clawback_ms: null, first_seen_to_clawback_ms: null,
      })
      assert.match(String(unvault_txid), TXID)
      assert.ok(theft && at_ms - theft.at_ms < 60_000)
      assert.ok(lines.some(({ event, by, message }) => event === 'quorum-lost' && by === 1 && /Only 1 of 3 members/.test(String(message))))
      assert.ok(lines.filter(({ event }) => event === 'block-mined').length >= 3, 'blocks go on being mined')
      await assertNothingLeft(folder)
    })

    it('leaves all running with --keep, and says where', async () => {
      const { exit, stdout, said } = await ended('kept')
      assert.equal(exit, 0, said)
      const kept = linesOf(stdout).filter(({ event }) => event === 'member-kept')
      assert.deepEqual(kept.map(({ member }) => member), ['tower-1', 'tower-2', 'tower-3'])
      for (const { data_dir, http_port, token_file, peer_address, rpc_port, cookie_file } of kept) {
        const token = await readFile(String(token_file), 'utf8')
        const answer = await fetch(`http://127.0.0.1:${String(http_port)}/api/v1/status`, { headers: { authorization: `Bearer ${token.trim()}` } })
        assert.equal(answer.status, 200)
        const cookie = await readFile(String(cookie_file), 'utf8')
        const rpc = await fetch(`http://127.0.0.1:${String(rpc_port)}/`, {
          method: 'POST',
          headers: { authorization: `Basic ${Buffer.from(cookie).toString('base64')}` },
          body: JSON.stringify({ method: 'getblockcount', params: [] }),
        })
        assert.equal(rpc.status, 200)
        assert.match(String(peer_address), /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3Koo/)
        assert.ok((await readdir(String(data_dir))).includes('belfry.yaml'))
      }
    })
  })

  describe('that starts nothing, or is stopped', () => {
    let folder: string

    beforeEach(async () => {
      folder = await newFolder()
    })

    afterEach(() => clear(folder))

    it('refuses a quorum that breaks a rule, with the rule, before it starts anything', async () => {
      const { exit, stdout } = await finish(start(folder, '--json', '--members', '5', '--quorum', '1'))
      assert.equal(exit, 3)
      const { event, error } = last(linesOf(stdout))
      assert.equal(event, 'demo-failed')
      assert.equal((error as { code: string }).code, 'threshold-too-low')
      await assertNothingLeft(folder)
    })

    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      it(`cleans up all that it started on ${signal}`, async () => {
        const demo = start(folder, '--json', '--members', '3')
        const awaited = signal === 'SIGINT' ? 'certified' : 'bitcoinds-started'
        await eventually(awaited, async () => linesOf(demo.stdout()).some(({ event }) => event === awaited))
        if (process.platform === 'linux') assert.ok((await processesOf(folder)).length >= 3)
        demo.process.kill(signal)
        const { exit, stdout } = await finish(demo)
        assert.equal(exit, 130)
        assert.equal((last(linesOf(stdout))['error'] as { code: string }).code, 'interrupted')
        await assertNothingLeft(folder)
      })
    }
  })
})

/** Lines without what differs from run to run: ids, times, which member. */
function shapesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trim().replaceAll(/[0-9a-f]{16}…/g, '#').replaceAll(/\d+(?:\.\d+)?/g, '#')).filter((line) => line !== '')
}

function linesOf(stdout: string): DemoLine[] {
  const whole = stdout.slice(0, stdout.lastIndexOf('\n') + 1)
  return whole.split('\n').slice(0, -1).map((text) => {
    const line = JSON.parse(text) as DemoLine
    assert.equal(typeof line.event, 'string')
    assert.ok(Number.isInteger(line.at_ms))
    return line
  })
}

function last(lines: readonly DemoLine[]): DemoLine {
  const line = lines.at(-1)
  assert.ok(line, 'there is a last line')
  return line
}

/** Running processes that name this folder on their command line; where there is no /proc, none are looked for. */
async function processesOf(folder: string): Promise<number[]> {
  if (process.platform !== 'linux') return []
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(pids.map(async (pid) => {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return command.includes(folder) ? [Number(pid)] : []
  }))
  return found.flat()
}
