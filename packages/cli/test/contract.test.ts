/** What programs that call `belfry` rely on: one object on standard output, exit codes, where words go. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { run } from '../src/cli.ts'
import { MAIN, belfry, belfryProcess, failureIn, refusal, spawnBelfry, successIn } from './support/belfry.ts'
import { workspace } from './support/workspace.ts'

/** What every colour of a terminal begins with. */
const ESCAPE = '\u001b'

describe('the contract of the command', () => {
  const space = workspace()

  it('prints words for people and exits 0 when it is done', async () => {
    const { code, stdout, stderr } = await belfryProcess(['version'])
    assert.equal(code, 0)
    assert.match(stdout, /^belfry \d+\.\d+\.\d+ \(Node 24\.\d+\.\d+\)\n$/)
    assert.equal(stderr, '')
  })

  it('prints one JSON object with --json, wherever it stands', async () => {
    for (const args of [
      ['version', '--json'],
      ['--json', 'version'],
    ]) {
      const { code, stdout, stderr } = await belfryProcess(args)
      assert.equal(code, 0)
      assert.match(String(successIn(stdout)['version']), /^\d/)
      assert.equal(stderr, '')
    }
  })

  it('prints an error as message and remedy on standard error, without a stack', async () => {
    const { code, stdout, stderr } = await belfryProcess(['federation', 'show', space.file('nothing')])
    assert.equal(code, 3)
    assert.equal(stdout, '')
    assert.match(
      stderr,
      /^error: .*nothing cannot be read as a lock or definition: there is no such file\.\n→ Check the path/,
    )
    assert.doesNotMatch(stderr, /\n\s+at /)
  })

  it('prints an error as one object on standard output with --json', async () => {
    const { code, stdout, stderr } = await belfryProcess(['federation', 'show', space.file('nothing'), '--json'])
    assert.equal(code, 3)
    assert.equal(failureIn(stdout).code, 'file-unreadable')
    assert.equal(stderr, '')
  })

  it('adds the stack with BELFRY_DEBUG only', async () => {
    const { stderr } = await belfry(['federation', 'show', space.file('nothing')], { env: { BELFRY_DEBUG: '1' } })
    assert.match(stderr, /\n\s+at /)
  })

  const misuses: readonly (readonly [string, readonly string[]])[] = [
    ['no command', []],
    ['an unknown command', ['frobnicate']],
    ['a missing verb', ['federation']],
    ['an unknown verb', ['vault', 'frobnicate']],
    ['an unknown option', ['version', '--frobnicate']],
    ['a missing mandatory option', ['init', '--role', 'member']],
    ['an option without its value', ['init', '--role']],
    [
      'a value that is none of the choices',
      ['init', '--role', 'king', '--data', 'x', '--name', 'x', '--passphrase-file', 'x'],
    ],
    [
      'a number outside its range',
      ['federation', 'define', 'x', '--name', 'x', '--network', 'regtest', '--quorum', '65'],
    ],
    ['a number that is none', ['federation', 'define', 'x', '--name', 'x', '--network', 'regtest', '--quorum', '3x']],
    ['an operand too many', ['version', 'now']],
    ['a missing operand', ['federation', 'lock']],
    [
      'a secret given as an argument',
      ['init', '--role', 'member', '--data', 'x', '--name', 'x', '--passphrase', 'hunter2'],
    ],
  ]
  for (const [what, args] of misuses) {
    it(`exits 2 for ${what}`, async () => {
      assert.equal((await refusal(2, args)).code, 'usage')
    })
  }

  it('exits 2 from a real process too', async () => {
    const { code, stdout, stderr } = await belfryProcess(['federation', 'defin'])
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /Did you mean define\?/)
  })

  it('exits 4 when what it asks cannot be reached', async () => {
    const { code, stdout } = await belfryProcess([
      'node',
      'status',
      '--url',
      'http://127.0.0.1:1',
      '--token-file',
      await token(),
      '--json',
    ])
    assert.equal(code, 4)
    assert.equal(failureIn(stdout).code, 'unreachable')
  })

  it('exits 1 where it fails for a reason that nobody expected, and says how to report it', async () => {
    const broken = (): number => {
      throw new TypeError('planted')
    }
    const written: string[] = []
    const stream = { write: (chunk: string) => written.push(chunk) }
    const world = {
      stdout: stream,
      stderr: stream,
      env: {},
      cwd: space.path,
      signal: new AbortController().signal,
      now: broken,
    }
    const code = await run(['federation', 'define', 'card', '--name', 'x', '--network', 'regtest', '--json'], world)
    assert.equal(code, 1)
    const { code: name, message, remedy } = failureIn(written.join(''))
    assert.equal(name, 'internal')
    assert.match(message, /planted/)
    assert.match(remedy, /BELFRY_DEBUG/)
  })

  it('tells what was thrown where nobody waits for it like any other failure', async () => {
    // In the middle of a command that would wait for its answer without end.
    const planted =
      "globalThis.fetch = () => { setTimeout(() => { throw new TypeError('planted') }); return new Promise(() => {}) }"
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(planted)}` }
    const args = ['node', 'status', '--url', 'http://127.0.0.1:1', '--token-file', await token(), '--json']
    const { code, stdout, stderr } = await belfryProcess(args, { env })
    assert.equal(code, 1)
    assert.match(failureIn(stdout).message, /planted/)
    assert.equal(stderr, '')
  })

  it('exits 130 when it is interrupted', async () => {
    const child = spawnBelfry(['node', 'status', '--url', await blackHole(), '--token-file', await token(), '--json'])
    assert.ok(child.stdout && child.stderr)
    await connected
    child.kill('SIGINT')
    const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number]>])
    assert.equal(code, 130)
    assert.equal(failureIn(stdout).code, 'interrupted')
  })

  it('ends quietly when its reader has had enough', async () => {
    const child = spawnBelfry(['--help'])
    assert.ok(child.stdout && child.stderr)
    child.stdout.destroy()
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number]>])
    assert.equal(code, 0)
    assert.equal(stderr, '')
  })

  it('exits 1 where the result cannot be written', async function () {
    if (process.platform !== 'linux') {
      process.stderr.write('    skipped: writes to /dev/full, which Linux has\n')
      this.skip()
    }
    const full = await open('/dev/full', 'w')
    const child = spawn(process.execPath, ['--conditions=source', MAIN, 'version', '--json'], {
      stdio: ['ignore', full.fd, 'pipe'],
    })
    assert.ok(child.stderr)
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number]>])
    await full.close()
    assert.equal(code, 1)
    assert.match(stderr, /^error: Standard output could not be written \(ENOSPC\)\n→ /)
  })

  it('tells an older Node what is needed, before it loads anything', async () => {
    for (const [args, read] of [
      [[], 'stderr'],
      [['--json'], 'stdout'],
    ] as const) {
      const { code, stdout, stderr } = await asOldNode(args)
      assert.equal(code, 1)
      assert.match(
        read === 'stdout' ? failureIn(stdout).message : stderr,
        /Belfry needs Node 24\.7 or later; this is Node 18\.20\.0\./,
      )
      assert.equal(read === 'stdout' ? stderr : stdout, '')
    }
  })

  it('keeps the entry free of what an older Node cannot read', async () => {
    const entry = await readFile(MAIN, 'utf8')
    assert.doesNotMatch(entry, /^import\b/m, 'no static import')
    assert.doesNotMatch(entry, /\busing\b|\?\?=|\|\|=|&&=|^\s*(?:const|let) .*= await|^await\b/m)
  })

  it('uses colour on a terminal only, and never with NO_COLOR', async () => {
    const { stdout, stderr } = await belfryProcess(['federation', 'show', space.file('nothing')])
    assert.ok(!(stdout + stderr).includes(ESCAPE))
    assert.ok((await onTerminal({})).startsWith(`${ESCAPE}[31merror`))
    assert.ok(!(await onTerminal({ NO_COLOR: '1' })).includes(ESCAPE))
  })

  async function onTerminal(env: Readonly<Record<string, string>>): Promise<string> {
    const written: string[] = []
    const terminal = { isTTY: true, write: (chunk: string) => written.push(chunk) }
    const signal = new AbortController().signal
    await run(['federation', 'show', space.file('nothing')], {
      stdout: terminal,
      stderr: terminal,
      env,
      cwd: space.path,
      signal,
      now: Date.now,
    })
    return written.join('')
  }

  async function token(): Promise<string> {
    const path = space.file('token')
    await writeFile(path, `${'ab'.repeat(32)}\n`, { mode: 0o600 })
    return path
  }

  let connected: Promise<unknown> = Promise.resolve()
  /** A server that takes connections and never answers. */
  async function blackHole(): Promise<string> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    server.unref()
    connected = once(server, 'connection')
    const address = server.address()
    assert.ok(typeof address === 'object' && address !== null)
    return `http://127.0.0.1:${address.port}`
  }

  /** A process whose Node says that it is older. */
  async function asOldNode(args: readonly string[]) {
    const pretend = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.0' } })"
    const imported = `data:text/javascript,${encodeURIComponent(pretend)}`
    const child = spawn(process.execPath, ['--conditions=source', '--import', imported, MAIN, 'version', ...args])
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number]>,
    ])
    return { code, stdout, stderr }
  }
})

describe('the help of the command', () => {
  it('is the result of asking for it', async () => {
    const { code, stdout } = await belfryProcess(['--help'])
    assert.equal(code, 0)
    for (const noun of ['init', 'federation', 'node', 'vault', 'incident', 'evidence', 'demo', 'version'])
      assert.match(stdout, new RegExp(`^  ${noun} `, 'm'))
  })

  it('is one object with --json', async () => {
    const { stdout } = await belfry(['federation', 'lock', '--help', '--json'])
    assert.match(String(successIn(stdout)['help']), /^Usage: belfry federation lock/)
  })

  /** What stands for something in an example: a deposit, and the generator of secp256k1 for a key. */
  const STAND_INS: readonly (readonly [string, string])[] = [
    ['*', 'one'],
    ['TXID', 'ab'.repeat(32)],
    ['PUBLICKEY', '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'],
  ]

  /** Every command but the demo, which would begin. */
  async function commandsOf(words: readonly string[] = []): Promise<string[][]> {
    const { stdout } = await belfry([...words, '--help'])
    const listed = /\nCommands:\n([^]+?)(\n\n|$)/.exec(stdout)?.[1]
    if (listed === undefined) return [[...words]]
    const names = [...listed.matchAll(/^ {2}([a-z-]+)/gm)].flatMap(([, name]) => name ?? [])
    const below = names.filter((name) => name !== 'help' && name !== 'demo').map((name) => commandsOf([...words, name]))
    return (await Promise.all(below)).flat()
  }

  it('of every command ends with examples that the command itself would take', async () => {
    const commands = await commandsOf()
    assert.ok(commands.length >= 37, `${commands.length} commands`)
    for (const command of commands) {
      const { code, stdout } = await belfry([...command, '--help'])
      assert.equal(code, 0)
      const examples = /\nExample:\n((?: {2}belfry .+\n)+)$/.exec(stdout)?.[1]?.trimEnd().split('\n')
      assert.ok(examples, stdout)
      for (const example of examples) {
        const line = STAND_INS.reduce((text, [name, value]) => text.replaceAll(name, value), example.trim())
        const words = line.split(' ').slice(1)
        assert.deepEqual(words.slice(0, command.length), command, example)
        const { code: exit, stdout: answer } = await belfry([...words, '--json'])
        if (exit !== 0) assert.notEqual(failureIn(answer).code, 'usage', `${example}: ${answer}`)
      }
    }
  })
})
