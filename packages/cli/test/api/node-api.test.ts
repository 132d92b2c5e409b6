import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type RequestListener, type Server, createServer } from 'node:http'
import { belfryProcess, refusal, result } from '../support/belfry.ts'
import { workspace } from '../support/workspace.ts'

const TOKEN = 'ab'.repeat(32)

describe('asking a running node', () => {
  const space = workspace()
  let server: Server | null = null

  before(() => writeFile(space.file('api-token'), `${TOKEN}\n`))
  afterEach(() => {
    server?.closeAllConnections()
    server?.close()
  })

  /** A server on loopback that answers as given. */
  async function serve(listener: RequestListener): Promise<string[]> {
    server = createServer(listener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(typeof address === 'object' && address !== null)
    return ['incident', 'list', '--url', `http://127.0.0.1:${address.port}`, '--data', space.path]
  }

  const says =
    (status: number, body: string): RequestListener =>
    (_request, response) =>
      response.writeHead(status).end(body)

  it('sends the token of the data directory, and nothing but a GET', async () => {
    const seen: string[] = []
    const args = await serve((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`)
      says(200, '{"ok":true,"result":{"incidents":[]}}')(request, response)
    })
    assert.deepEqual(await result(args), { incidents: [] })
    assert.deepEqual(seen, [`GET /api/v1/incidents Bearer ${TOKEN}`])
  })

  it('passes on what the node refuses, with its remedy', async () => {
    const args = await serve(
      says(401, '{"ok":false,"error":{"code":"unauthorised","message":"Wrong token.","remedy":"Send the right one."}}'),
    )
    assert.deepEqual(await refusal(3, args), {
      code: 'api-refused',
      message: 'Wrong token.',
      remedy: 'Send the right one.',
    })
  })

  for (const [what, body] of [
    ['no JSON', '<html>'],
    ['JSON that is no answer', '[1]'],
    ['an answer without a result', '{"ok":true}'],
    ['an error without a remedy', '{"ok":false,"error":{"code":"x","message":"y"}}'],
    ['nothing', ''],
  ] as const) {
    it(`says that it is no node where it gets ${what}`, async () => {
      assert.equal((await refusal(1, await serve(says(200, body)))).code, 'api-malformed')
    })
  }

  it('does not read without end', async () => {
    const args = await serve((_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024, 'x')
      const more = (): void => {
        if (!response.destroyed) response.write(chunk, () => setImmediate(more))
      }
      more()
    })
    assert.equal((await refusal(1, args)).code, 'api-malformed')
  })

  it('does not send the token elsewhere', async () => {
    const elsewhere: string[] = []
    const other = createServer((request, response) => {
      elsewhere.push(request.url ?? '')
      response.end()
    }).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    assert.ok(typeof address === 'object' && address !== null)
    const args = await serve((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${address.port}/` }).end(),
    )
    assert.equal((await refusal(4, args)).code, 'unreachable')
    assert.deepEqual(elsewhere, [])
    other.close()
  })

  it('says that nobody answers where the connection breaks', async () => {
    assert.equal((await refusal(4, await serve((request) => request.socket.destroy()))).code, 'unreachable')
  })

  it('needs to know where the node is', async () => {
    assert.equal((await refusal(2, ['incident', 'list'])).code, 'usage')
    assert.equal((await refusal(2, ['incident', 'list', '--data', space.path, '--url', 'ftp://x'])).code, 'usage')
    assert.equal((await refusal(3, ['incident', 'list', '--data', space.file('nowhere')])).code, 'file-unreadable')
    await writeFile(space.file('empty'), '')
    assert.equal((await refusal(3, ['incident', 'list', '--token-file', space.file('empty')])).code, 'token-missing')
  })
})

describe('what a command loads', () => {
  const space = workspace()

  /** Native code that a command loaded, as its process ends. */
  async function loadedBy(args: readonly string[]): Promise<string> {
    const probe =
      "import { createRequire } from 'node:module'; const { cache } = createRequire('/'); " +
      "process.on('exit', () => process.stderr.write('LOADED ' + Object.keys(cache).filter((path) => path.endsWith('.node')).join(' ')))"
    const { stderr } = await belfryProcess(args, {
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(probe)}` },
    })
    return /LOADED (.*)/.exec(stderr)?.[1] ?? assert.fail(stderr)
  }

  it('is neither store nor zeromq for an owner, a version or a question to a node', async () => {
    const nowhere = ['--lock', space.file('no'), '--data', space.path, '--passphrase-file', space.passphrase]
    for (const args of [
      ['version'],
      ['vault', 'list', ...nowhere],
      ['node', 'status', '--data', space.path],
      ['incident', 'list', '--data', space.path],
    ]) {
      assert.doesNotMatch(await loadedBy(args), /classic-level|zeromq/, args.join(' '))
    }
  })

  it('is both for running a node', async () => {
    const loaded = await loadedBy(['node', 'run', '--config', space.file('no')])
    assert.match(loaded, /classic-level/)
    assert.match(loaded, /zeromq/)
  })
})
