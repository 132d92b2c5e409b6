import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, rm, writeFile } from 'node:fs/promises'
import { type Server, createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Millis, type Outpoint, sats } from '@belfry/client'
import type { Txid } from '@belfry/client/regtest'
import type { WatchView } from '@belfry/node'
import type { Movement, ToldMovement } from '../../../node/src/movements/index.ts'
import { Store } from '../../../node/src/store/index.ts'
import { movementsView } from '../../../node/src/views/index.ts'
import { MAIN, belfry, belfryProcess, failureIn, refusal, result, successIn } from '../support/belfry.ts'
import { type Ceremony, holdCeremony } from '../support/ceremony.ts'
import { workspace } from '../support/workspace.ts'

const TPUB =
  'tpubDCdxmvzJ5QBjTN8oCjjyT2V58AyZvA1fkmCeZRC75QMoaHcVP2m45Bv3hmnR7ttAwkb2UNYyoXdHVt4gwBqRrJqLUU2JrM43HippxiWpHra'
const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
const WIF = 'cVpF924EspNh8KjYsfhgY96mmxvT6DgdWiTYMtMjuM74hJaU5psW'
const TOKEN = 'ab'.repeat(32)

type Added = WatchView & { readonly scripts: number; readonly assumed_script: string | null }

describe('belfry watch', () => {
  const space = workspace()
  let ceremony: Ceremony
  let config: string
  let data: string
  let server: Server | null = null

  before(async () => {
    ceremony = await holdCeremony(space, { members: 3 })
    data = ceremony.data[0] ?? assert.fail()
    config = space.file('node.yaml')
    await configure(1)
  })
  afterEach(async () => {
    server?.closeAllConnections()
    server?.close()
    await rm(`${data}/store`, { recursive: true, force: true })
    await rm(`${data}/api-token`, { force: true })
  })

  async function configure(port: number): Promise<void> {
    const lines = [
      `data_dir: ${data}`,
      `lock: ${ceremony.lock}`,
      `passphrase_file: ${space.passphrase}`,
      'bitcoind:',
      '  rpc_port: 1',
      `  cookie_file: ${space.file('cookie')}`,
      'http:',
      `  port: ${port}`,
    ]
    await writeFile(config, `${lines.join('\n')}\n`)
  }

  const add = (...args: string[]): Promise<Added> => result<Added & Record<string, unknown>>(['watch', 'add', '--config', config, ...args])
  const list = async (): Promise<readonly WatchView[]> =>
    (await result<{ watches: WatchView[] }>(['watch', 'list', '--config', config])).watches

  it('adds, lists and removes while no node runs', async () => {
    assert.deepEqual(await list(), [])
    const added = await add('--descriptor', `wpkh(${TPUB}/<0;1>/*)`, '--label', 'savings', '--birth-height', '7', '--gap', '30')
    const { scripts, assumed_script, ...view } = added
    assert.deepEqual([scripts, assumed_script, view.kind, view.label], [60, null, 'descriptor', 'savings'])
    assert.deepEqual(view.scan, { state: 'waiting', height: null, of_height: null, percent: null, unseen_below: null })
    const address = await add('--address', ADDRESS)
    assert.deepEqual((await list()).toSorted(byId), [view, withoutAdded(address)].toSorted(byId))
    const removed = await result(['watch', 'remove', view.watch_id.slice(0, 6), '--config', config])
    assert.deepEqual(removed, { watch_id: view.watch_id, label: 'savings' })
    assert.deepEqual(await list(), [withoutAdded(address)])
  })

  it('takes an extended key, a script and an outpoint', async () => {
    assert.equal((await add('--xpub', TPUB, '--as', 'tr')).what.slice(0, 7), 'tr(tpub')
    assert.equal((await add('--script', '51')).what, '51')
    assert.equal((await add('--outpoint', `${'ab'.repeat(32)}:0`)).scripts, 0)
  })

  it('says what it takes a plain key as, and says it where a person sees it', async () => {
    const { code, stdout, stderr } = await belfry(['watch', 'add', '--config', config, '--xpub', TPUB, '--json'])
    assert.equal(code, 0)
    assert.equal(successIn(stdout)['assumed_script'], 'pkh')
    assert.match(stderr, /taken as pkh\. .*--as wpkh/s)
    const again = await belfry(['watch', 'list', '--config', config])
    assert.match(again.stdout, /first address {2}[mn]\w+\n/)
    assert.match(again.stdout, /0 paid of 20 watched, 0 paid of 20 watched; gap limit 20/)
  })

  it('reads a descriptor from standard input or a file, where no list of processes shows it', async () => {
    const args = ['watch', 'add', '--config', config, '--json', '--descriptor', '-']
    const child = spawn(process.execPath, ['--conditions=source', MAIN, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.end(` tr(${TPUB}/0/*)\n`)
    const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number]>])
    assert.equal(code, 0, stdout)
    assert.match(String(successIn(stdout)['what']), /^tr\(tpub/)
    await writeFile(space.file('wallet.txt'), `pkh(${TPUB}/0/*)\n`)
    assert.match((await add('--descriptor-file', space.file('wallet.txt'))).what, /^pkh\(tpub/)
    await writeFile(space.file('key.txt'), `${TPUB}\n`)
    assert.match((await add('--xpub-file', space.file('key.txt'), '--as', 'wpkh')).what, /^wpkh\(tpub/)
  })

  for (const [code, exit, args] of [
    ['usage', 2, []],
    ['usage', 2, ['--address', ADDRESS, '--script', '51']],
    ['usage', 2, ['--address', ADDRESS, '--as', 'tr']],
    ['usage', 2, ['--xpub', TPUB, '--as', 'p2pkh']],
    ['usage', 2, ['--descriptor', `pkh(${TPUB}/*)`, '--gap', '1001']],
    ['usage', 2, ['--descriptor', `pkh(${TPUB}/*)`, '--birth-height', 'x']],
    ['watch-malformed', 3, ['--address', ADDRESS, '--gap', '5']],
    ['descriptor-checksum', 3, ['--descriptor', `pkh(${TPUB}/*)#00000000`]],
    ['descriptor-network', 3, ['--descriptor', `pkh(${TPUB.slice(0, -1)}/*)`]],
    ['private-key-given', 3, ['--descriptor', `pkh(${WIF})`]],
    ['private-key-given', 3, ['--xpub', WIF]],
  ] as const) {
    it(`exits ${exit} with ${code} for ${args.join(' ').replaceAll(/\w{30,}/g, '…') || 'nothing to watch'}, and changes nothing`, async () => {
      const failure = await refusal(exit, ['watch', 'add', '--config', config, ...args])
      assert.equal(failure.code, code)
      assert.ok(!JSON.stringify(failure).includes(WIF))
      assert.deepEqual(await list(), [])
    })
  }

  it('refuses to remove what is not there, and to add what is', async () => {
    await add('--address', ADDRESS)
    assert.equal((await refusal(3, ['watch', 'add', '--config', config, '--address', ADDRESS])).code, 'watch-exists')
    assert.equal((await refusal(3, ['watch', 'remove', 'ffffffffffffffff', '--config', config])).code, 'no-such-watch')
  })

  it('says while the node runs that it must be stopped', async () => {
    await add('--address', ADDRESS)
    const { store } = await Store.open(`${data}/store`)
    try {
      const failure = await refusal(3, ['watch', 'add', '--config', config, '--script', '51'])
      assert.equal(failure.code, 'store-locked')
      assert.match(failure.remedy, /^Stop the node, repeat this command, and start the node again/)
      // It runs and does not answer: not that somebody has its store open.
      await writeFile(`${data}/api-token`, `${TOKEN}\n`)
      assert.equal((await refusal(4, ['watch', 'list', '--config', config])).code, 'unreachable')
    } finally {
      await store.close()
    }
  })

  it('asks a running node with its token', async () => {
    const view = withoutAdded(await add('--address', ADDRESS, '--label', 'shop'))
    const seen: string[] = []
    const port = await serve((path, authorization) => {
      seen.push(`${path} ${authorization}`)
      return { ok: true, result: { watches: [view], listed_outpoints: 3 } }
    })
    await writeFile(`${data}/api-token`, `${TOKEN}\n`)
    const url = `http://127.0.0.1:${port}`
    assert.deepEqual(await result(['watch', 'list', '--data', data, '--url', url]), { watches: [view], listed_outpoints: 3 })
    assert.deepEqual(seen, [`/api/v1/watches Bearer ${TOKEN}`])
    await configure(port)
    try {
      const { stdout } = await belfry(['watch', 'list', '--config', config])
      assert.match(stdout, /^\w{16} {2}shop\n {2}address {2,}bcrt1.*\n\n3 outpoints on the list/s)
    } finally {
      await configure(1)
    }
  })

  it('says that an answer is not what it can read', async () => {
    const port = await serve(() => ({ ok: true, result: { watches: [{ watch_id: 'x' }] } }))
    await writeFile(`${data}/api-token`, `${TOKEN}\n`)
    const failure = await refusal(1, ['watch', 'list', '--data', data, '--url', `http://127.0.0.1:${port}`])
    assert.equal(failure.code, 'api-malformed')
  })

  it('keeps a list of outpoints, from a file and from standard input', async () => {
    const lines = Array.from({ length: 5_000 }, (_, i) => `${i.toString(16).padStart(64, '0')}:0`)
    await writeFile(space.file('coins.txt'), `${lines.join('\n')}\n`)
    const given = ['--config', config, '--outpoints', space.file('coins.txt')]
    assert.deepEqual(await result(['watch', 'add', ...given]), { added: 5_000, known: 0, listed_outpoints: 5_000 })
    const again = await belfry(['watch', 'add', ...given])
    assert.match(again.stdout, /^0 outpoints added to the list; 5000 were given twice or on it before\.\n5000 outpoints will be/)
    const listed = await result<{ watches: unknown; listed_outpoints: number }>(['watch', 'list', '--config', config])
    assert.deepEqual(listed, { watches: [], listed_outpoints: 5_000 })
    assert.match((await belfry(['watch', 'list', '--config', config])).stdout, /^5000 outpoints on the list/)

    const args = ['watch', 'remove', '--config', config, '--json', '--outpoints', '-']
    const child = spawn(process.execPath, ['--conditions=source', MAIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    child.stdin.end(`${lines[0]}\n${lines[4_999]}\n${'f'.repeat(64)}:0`)
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[number]>,
    ])
    assert.equal(code, 0, stderr)
    assert.deepEqual(successIn(stdout), { removed: 2, not_listed: 1, listed_outpoints: 4_998 })
    assert.match(stderr, /^Outpoints removed: 2 of 2\n$/)
  })

  it('says which line of a list is wrong, and changes nothing', async () => {
    await writeFile(space.file('coins.txt'), `${'a'.repeat(64)}:0\n${'b'.repeat(64)}\n`)
    for (const verb of ['add', 'remove']) {
      const failure = await refusal(3, ['watch', verb, '--config', config, '--outpoints', space.file('coins.txt')])
      assert.equal(failure.code, 'watch-malformed')
      assert.match(failure.message, /line 2 .*nothing was changed/i)
      const missing = await refusal(3, ['watch', verb, '--config', config, '--outpoints', space.file('nothing')])
      assert.equal(missing.code, 'file-unreadable')
    }
    assert.deepEqual(await list(), [])
  })

  for (const args of [
    ['add', '--outpoints', 'x', '--address', ADDRESS],
    ['add', '--outpoints', 'x', '--label', 'mine'],
    ['add', '--outpoints', 'x', '--birth-height', '1'],
    ['add', '--outpoints', 'x', '--gap', '1'],
    ['remove'],
    ['remove', 'ff', '--outpoints', 'x'],
  ]) {
    it(`exits 2 for ${args.join(' ')}`, async () => {
      assert.equal((await refusal(2, ['watch', ...args, '--config', config])).code, 'usage')
    })
  }

  it('tells what happened to what is watched, from a running node', async () => {
    const txid = 'ab'.repeat(32) as Txid
    const coin = { script: Uint8Array.of(0x51), value: sats(150_000_000), watches: [{ watch: '00112233445566ff', branch: 0, index: 4 }] }
    const spent = { outpoint: `${txid}:1` as Outpoint, coin, txid, raw: Uint8Array.of(2) }
    const block = { height: 9, hash: 'cd'.repeat(32) } as Extract<Movement, { event: 'spend-confirmed' }>['block']
    const told: ToldMovement[] = [
      { seq: 7, at_ms: 0 as Millis, movement: { event: 'payment-seen', payment: { outpoint: spent.outpoint, ...coin }, txid, raw: Uint8Array.of(2) } },
      { seq: 8, at_ms: 1 as Millis, movement: { event: 'spend-confirmed', ...spent, block, position: 3 } },
    ]
    const movements = movementsView(told, [])
    const seen: string[] = []
    const port = await serve((path) => {
      seen.push(path)
      return { ok: true, result: { movements } }
    })
    await writeFile(`${data}/api-token`, `${TOKEN}\n`)
    const asking = ['watch', 'events', '--data', data, '--url', `http://127.0.0.1:${port}`]
    assert.deepEqual(await result([...asking, '--after', '5', '--limit', '2']), { movements })
    const { stdout } = await belfry([...asking, '--after', '5', '--limit', '2'])
    assert.match(stdout, /^6 to 6 are not kept any more\.\n7 {2}1970-01-01 00:00:00 UTC {2}payment-seen {5}1\.50000000 BTC {5}abab/)
    assert.match(stdout, /\n8 {2}.*spend-confirmed {2}1\.50000000 BTC {2}9 {2}(?:ab){32}:1 {2}00112233445566ff 0\/4\n\nThere may be more: --after 8\n$/)
    assert.deepEqual(seen, Array.from({ length: 2 }, () => '/api/v1/movements?after=5&limit=2'))
    await refusal(2, [...asking, '--limit', '1001'])
  })

  it('says that nothing has happened', async () => {
    const port = await serve(() => ({ ok: true, result: { movements: [] } }))
    await writeFile(`${data}/api-token`, `${TOKEN}\n`)
    const asking = ['watch', 'events', '--data', data, '--url', `http://127.0.0.1:${port}`]
    assert.equal((await belfry(asking)).stdout, 'Nothing has happened yet.\n')
    assert.equal((await belfry([...asking, '--after', '4'])).stdout, 'Nothing has happened after 4.\n')
  })

  it('does not write into the data directory of another user', async function () {
    if (process.geteuid?.() !== 0) {
      process.stderr.write('    skipped: only root can give a directory to another user\n')
      return this.skip()
    }
    await chmod(data, 0o700)
    await chown(data, 12_345, 12_345)
    try {
      const failure = await refusal(3, ['watch', 'add', '--config', config, '--address', ADDRESS])
      assert.equal(failure.code, 'wrong-user')
      assert.match(failure.remedy, /uid 12345/)
    } finally {
      await chown(data, 0, 0)
    }
  })

  it('loads no daemon, no store and no ZMQ for its help, nor to ask a node by its address', async () => {
    const port = await serve(() => ({ ok: true, result: { watches: [], listed_outpoints: 0 } }))
    await writeFile(`${data}/api-token`, `${TOKEN}\n`)
    const forbidden = "import { registerHooks } from 'node:module'; registerHooks({ load(url, context, next) { " +
      "if (/classic-level|zeromq|packages\\/node\\/src/.test(url)) throw new Error('loaded ' + url); return next(url, context) } })"
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(forbidden)}` }
    for (const args of [
      ['watch', '--help'],
      ['watch', 'add', '--help'],
      ['watch', 'list', '--data', data, '--url', `http://127.0.0.1:${port}`, '--json'],
    ]) {
      const { code, stdout, stderr } = await belfryProcess(args, { env })
      assert.equal(code, 0, stdout + stderr)
    }
    // The trap itself closes.
    const { stdout } = await belfryProcess(['watch', 'list', '--config', config, '--json'], { env })
    assert.match(failureIn(stdout).message, /loaded .*packages\/node\/src/)
  })

  for (const verb of ['add', 'list', 'events', 'remove']) {
    it(`has help for ${verb} with an example that the command itself would take`, async () => {
      const { code, stdout } = await belfry(['watch', verb, '--help'])
      assert.equal(code, 0)
      const example = /\nExample:\n {2}belfry (.+)\n$/.exec(stdout)?.[1]
      assert.ok(example, stdout)
      const failed = await belfry([...example.split(' '), '--json'])
      assert.notEqual(failureIn(failed.stdout).code, 'usage', failed.stdout)
    })
  }

  async function serve(answer: (path: string, authorization: string) => unknown): Promise<number> {
    server = createServer((request, response) => {
      response.end(JSON.stringify(answer(request.url ?? '', request.headers.authorization ?? '')))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(typeof address === 'object' && address !== null)
    return address.port
  }

  /** As `list` shows it. */
  function withoutAdded(added: Added): WatchView {
    const { scripts, assumed_script, ...view } = added
    assert.deepEqual([typeof scripts, assumed_script], ['number', null])
    return view
  }

  function byId(a: WatchView, b: WatchView): number {
    return a.watch_id < b.watch_id ? -1 : 1
  }
})
