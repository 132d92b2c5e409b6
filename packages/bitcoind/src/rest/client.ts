import { BitcoindError } from '../errors.ts'
import { startDeadline } from '../rpc/deadline.ts'
import { Gate } from '../rpc/gate.ts'
import type { CallOptions } from '../rpc/index.ts'
import { type RestAnswer, RestConnection, type RestEndpoint } from './connection.ts'

export interface RestClientOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  readonly port: number
  /** For one answer, its time in our queue included. Default 30,000. */
  readonly timeout_ms?: number
  /** Default 4. */
  readonly maxSockets?: number
}

/** bitcoind's REST interface: shares the RPC port, asks for no password, answers in binary. */
export interface RestClient {
  /**
   * @returns null when it is refused (HTTP 4xx): REST is off, or kept back by a proxy, or it has no such thing
   * @throws BitcoindError
   */
  get(path: string, options?: CallOptions): Promise<Uint8Array<ArrayBuffer> | null>
  /** Fails all that is under way with `aborted`, and every later question. */
  close(): void
}

const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_MAX_SOCKETS = 4
/** Whoever fetches blocks ahead bounds that himself. */
const MAX_WAITING = 256
/** A block has at most 4,000,000 units of weight, and a byte at least one. */
const MAX_RESPONSE_BYTES = 4_000_000

/** Nothing is sent before the first question. */
export function createRestClient(options: RestClientOptions): RestClient {
  const endpoint: RestEndpoint = {
    host: options.host ?? '127.0.0.1', port: options.port, maxResponseBytes: MAX_RESPONSE_BYTES,
  }
  const gate = new Gate({ slots: options.maxSockets ?? DEFAULT_MAX_SOCKETS, maxWaiting: MAX_WAITING })
  const closed = new AbortController()
  /** As many as the gate lets in at once; the one used last is used next. */
  const idle: RestConnection[] = []

  async function exchangeOnce(path: string, signal: AbortSignal): Promise<RestAnswer | 'connection-was-stale'> {
    let connection = idle.pop()
    while (connection !== undefined && !connection.isUsable) connection = idle.pop()
    connection ??= new RestConnection(endpoint)
    const answer = await connection.get(path, signal)
    if (connection.isUsable) idle.push(connection)
    return answer
  }

  async function exchange(path: string, signal: AbortSignal): Promise<RestAnswer> {
    for (;;) {
      // Ends with a connection that is new: that one cannot be stale.
      const answer = await exchangeOnce(path, signal)
      if (answer !== 'connection-was-stale') return answer
    }
  }

  return {
    async get(path, callOptions = {}) {
      const timeout_ms = callOptions.timeout_ms ?? options.timeout_ms ?? DEFAULT_TIMEOUT_MS
      const deadline = startDeadline(timeout_ms, [closed.signal, callOptions.signal])
      try {
        await gate.enter(deadline.signal)
        try {
          return bodyOf(await exchange(path, deadline.signal))
        } finally {
          gate.leave()
        }
      } finally {
        deadline.end()
      }
    },

    close() {
      closed.abort()
      for (const connection of idle.splice(0)) connection.close()
    },
  }
}

function bodyOf({ status, body }: RestAnswer): Uint8Array<ArrayBuffer> | null {
  if (status === 200) return body
  if (status >= 400 && status < 500) return null
  if (status === 503) throw new BitcoindError('busy', 'bitcoind is starting, or its work queue is full')
  throw new BitcoindError('http-error', `bitcoind's port answered with HTTP status ${status}`)
}
