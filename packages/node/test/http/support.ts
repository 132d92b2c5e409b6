import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type Socket, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HttpInit, type HttpModules, type HttpServer, createHttp } from '../../src/http/index.ts'
import { createMetrics } from '../../src/metrics/index.ts'
import { type Recorded, recorded } from '../logging/support.ts'
import { sourcesOf } from '../metrics/sources.ts'
import { type World, world } from '../views/world.ts'

export interface Running {
  readonly of: World
  readonly http: HttpServer
  readonly dir: string
  readonly log: Recorded
  readonly url: (path: string) => string
  readonly token: () => Promise<string>
  /** With the token unless other headers are given. */
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Answer>
  /** Sends bytes and returns all that comes back until the server closes. */
  readonly raw: (bytes: string) => Promise<string>
  /** A connection whose errors do not matter. */
  readonly dial: () => Promise<Socket>
  readonly stop: () => Promise<void>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: {
    readonly ok?: boolean
    readonly result?: unknown
    readonly error?: { readonly code: string; readonly message: string; readonly remedy: string }
  }
}

export const NOTHING_WATCHED: HttpModules['watching'] = { watches: () => [], listed: () => 0, movements: async () => [] }

/** A real server on a free port, over a member's real state. */
export async function running(init: Partial<HttpInit> = {}, modules: Partial<HttpModules> = {}): Promise<Running> {
  const dir = await mkdtemp(join(tmpdir(), 'belfry-http-'))
  const of = world()
  const log = recorded()
  const http = createHttp(
    { host: '127.0.0.1', port: 0, data_dir: dir, ...init },
    { ...sourcesOf(of.state), metrics: createMetrics(), logger: log.logger, watching: NOTHING_WATCHED, ...modules },
  )
  await http.start()
  const token = async (): Promise<string> => (await readFile(join(dir, 'api-token'), 'utf8')).trim()
  const url = (path: string): string => `http://127.0.0.1:${http.port}${path}`
  const dial = async (): Promise<Socket> => {
    const socket = connect(http.port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    return socket
  }
  return {
    of,
    http,
    dir,
    log,
    url,
    token,
    dial,
    get: async (path, headers) => {
      const response = await fetch(url(path), { headers: headers ?? { authorization: `Bearer ${await token()}` } })
      return await answerOf(response)
    },
    raw: async (bytes) => {
      const socket = await dial()
      socket.write(bytes)
      return await drained(socket)
    },
    stop: async () => {
      await http.stop()
      await rm(dir, { recursive: true })
    },
  }
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== ''
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? (JSON.parse(text) as Answer['body']) : {},
  }
}

export async function drained(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part
  })
  await closed(socket)
  return text
}

/** However it ends: `once` would take a reset for a failure. */
export async function closed(socket: Socket): Promise<void> {
  if (!socket.closed)
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve())
    })
}
