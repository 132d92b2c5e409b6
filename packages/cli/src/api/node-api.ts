/** The read-only HTTP API of a running node, as the command line asks it on the same host. */
import { join } from 'node:path'
import { readText } from '@belfry/client'
import type { Option } from 'commander'
import { option } from '../command.ts'
import { CliError, usageError } from '../errors.ts'
import type { JsonObject } from '../output/index.ts'
import type { Shell } from '../shell.ts'

export interface ApiOptions {
  readonly config?: string
  readonly data?: string
  readonly url?: string
  readonly tokenFile?: string
}

const DEFAULT_URL = 'http://127.0.0.1:9741'
const TOKEN_FILE = 'api-token'
/** The node answers from memory; a loaded host may take seconds. */
const REQUEST_LIMIT_MS = 15_000
/** An incident of 64 members with all its signed statements is far below. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

export function apiOptions(): Option[] {
  return [
    option('--config <file>', "the node's configuration, which says where it is"),
    option('--data <dir>', 'or its data directory, for the token there'),
    option('--url <url>', `where its HTTP API listens (default: ${DEFAULT_URL})`),
    option('--token-file <file>', 'the API token, where it is not in the data directory'),
  ]
}

interface Endpoint {
  readonly url: string
  readonly token: string
  readonly locks: readonly string[]
}

export class NodeApi {
  readonly #endpoint: Endpoint
  readonly #signal: AbortSignal

  private constructor(endpoint: Endpoint, signal: AbortSignal) {
    this.#endpoint = endpoint
    this.#signal = signal
  }

  /** Nothing is asked yet. @throws CliError usage, token-missing; ConfigError */
  static async of(options: ApiOptions, shell: Shell): Promise<NodeApi> {
    const { url, tokenFile, locks } = await whereIs(options, shell)
    return new NodeApi({ url, token: await readToken(tokenFile), locks }, shell.signal)
  }

  /** Paths of the locks that the node serves, where its configuration was given. */
  get locks(): readonly string[] {
    return this.#endpoint.locks
  }

  /**
   * @param what `status`, `incidents/<id>`, …: as the node's views say, which this same version made
   * @throws CliError unreachable, api-refused, api-malformed
   */
  async get<T>(what: string): Promise<T & JsonObject> {
    const answer = await this.#ask(what)
    if (answer.ok) return answer.result as T & JsonObject
    const { code, message, remedy } = answer.error
    throw new CliError(code === 'not-found' ? 'no-such-incident' : 'api-refused', message, remedy)
  }

  async #ask(what: string): Promise<Answer> {
    const { url, token } = this.#endpoint
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(REQUEST_LIMIT_MS)])
    try {
      const response = await fetch(new URL(`/api/v1/${what}`, url), {
        headers: { authorization: `Bearer ${token}` },
        redirect: 'error',
        signal,
      })
      return parse(await boundedText(response), url)
    } catch (error) {
      if (error instanceof CliError || this.#signal.aborted) throw error
      throw new CliError(
        'unreachable',
        `No node answers at ${url}.`,
        'Check that the node runs (belfry node run) and that its http.host and http.port are these; its log says http-started.',
        { cause: error },
      )
    }
  }
}

type Answer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string; readonly remedy: string } }

function parse(text: string, url: string): Answer {
  const malformed = (): CliError =>
    new CliError(
      'api-malformed',
      `What answers at ${url} is no Belfry node.`,
      'Check --url, or http.port in the configuration.',
    )
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw malformed()
  }
  if (!isObject(value)) throw malformed()
  const { ok, result, error } = value
  if (ok === true && isObject(result)) return { ok, result }
  if (ok === false && isObject(error)) {
    const { code, message, remedy } = error
    if (typeof code === 'string' && typeof message === 'string' && typeof remedy === 'string')
      return { ok, error: { code, message, remedy } }
  }
  throw malformed()
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > MAX_ANSWER_BYTES)
      throw new CliError('api-malformed', 'The answer is longer than any of a node.', 'Check --url.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

interface Place {
  readonly url: string
  readonly tokenFile: string
  readonly locks: readonly string[]
}

async function whereIs({ config: file, data, url, tokenFile }: ApiOptions, { env, cwd }: Shell): Promise<Place> {
  if (file === undefined) {
    if (tokenFile === undefined && data === undefined) {
      throw usageError(
        "The node's API token is needed.",
        "Give --config with the node's configuration, or --data with its data directory.",
      )
    }
    return { url: checked(url ?? DEFAULT_URL), tokenFile: tokenFile ?? join(data ?? '', TOKEN_FILE), locks: [] }
  }
  // Only here, and only on the host of a node: it brings the whole daemon along.
  const { loadConfig } = await import('@belfry/node')
  const {
    config: { data_dir, http, lock, previous_locks },
  } = await loadConfig({ file, env, cwd })
  const host = http.host.includes(':') ? `[${http.host}]` : http.host
  return {
    url: checked(url ?? `http://${host}:${http.port}`),
    tokenFile: tokenFile ?? join(data ?? data_dir, TOKEN_FILE),
    locks: [lock, ...previous_locks],
  }
}

function checked(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw usageError(`--url ${url} is no address of an HTTP API.`, `Give --url like ${DEFAULT_URL}.`)
}

async function readToken(path: string): Promise<string> {
  const token = (await readText(path, "a node's API token")).trim()
  if (/^[0-9a-f]{64}$/.test(token)) return token
  throw new CliError(
    'token-missing',
    `${path} holds no API token.`,
    'Give the api-token in the data directory of the node; it is made at its first start.',
  )
}
