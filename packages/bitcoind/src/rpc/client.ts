import { Agent } from 'node:http'
import { invariant } from '@belfry/protocol/primitives'
import { BitcoindError } from '../errors.ts'
import {
  decodeAnswer, decodeBatch, encodeCall, parseJson, type RpcCall, type RpcOutcome, type RpcParams,
} from './codec.ts'
import { createAuthorization, type RpcCredentials } from './credentials.ts'
import { startDeadline, unlessAborted } from './deadline.ts'
import { Gate } from './gate.ts'
import { exchange, type HttpAnswer, type HttpEndpoint } from './http.ts'

export interface RpcEndpoint {
  /** Default 127.0.0.1. */
  readonly host?: string
  readonly port: number
  /** For one call or batch, its time in our queue included. Default 30,000. */
  readonly timeout_ms?: number
  /** Default 64 MiB. */
  readonly maxResponseBytes?: number
  /** Default 4. */
  readonly maxSockets?: number
  /** Default 1,024. */
  readonly maxWaitingCalls?: number
}

export type RpcClientOptions = RpcEndpoint & RpcCredentials

export interface CallOptions {
  /** Gives up; the call then fails with code `aborted`. */
  readonly signal?: AbortSignal | undefined
  /** Instead of the client's. */
  readonly timeout_ms?: number | undefined
}

export interface RpcClient {
  /**
   * @returns the result as JSON gave it; the caller parses it
   * @throws BitcoindError
   */
  call(method: string, params?: RpcParams, options?: CallOptions): Promise<unknown>
  /**
   * Up to 1,000 calls in one round trip, answered in their order; one's error does not fail the others.
   * @throws BitcoindError when the exchange itself failed
   */
  batch(calls: readonly RpcCall[], options?: CallOptions): Promise<RpcOutcome[]>
  /** Fails all calls under way with `aborted`, and every later one. */
  close(): void
}

/** A slow disk can hold bitcoind up for seconds while it flushes. */
const DEFAULT_TIMEOUT_MS = 30_000
/** The longest answers asked for: the txids of a full mempool (20 MB), and a block in hex (8 MB). */
const DEFAULT_MAX_RESPONSE_BYTES = 64 << 20
/** bitcoind serves RPC with 16 threads (4 before 29); others want some too. */
const DEFAULT_MAX_SOCKETS = 4
const DEFAULT_MAX_WAITING_CALLS = 1024
const MAX_BATCH_CALLS = 1000
/** bitcoind closes an idle connection after 30 s (`rpcservertimeout`); we close it first. */
const IDLE_SOCKET_TIMEOUT_MS = 20_000

export function createRpcClient(options: RpcClientOptions): RpcClient {
  const maxSockets = options.maxSockets ?? DEFAULT_MAX_SOCKETS
  const endpoint: HttpEndpoint = {
    host: options.host ?? '127.0.0.1',
    port: options.port,
    agent: new Agent({ keepAlive: true, maxSockets, maxFreeSockets: maxSockets, timeout: IDLE_SOCKET_TIMEOUT_MS }),
    maxResponseBytes: options.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES,
  }
  const authorization = createAuthorization(options)
  const gate = new Gate({ slots: maxSockets, maxWaiting: options.maxWaitingCalls ?? DEFAULT_MAX_WAITING_CALLS })
  const closed = new AbortController()
  let lastId = 0

  async function bounded<T>(callOptions: CallOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timeout_ms = callOptions.timeout_ms ?? options.timeout_ms ?? DEFAULT_TIMEOUT_MS
    const deadline = startDeadline(timeout_ms, [closed.signal, callOptions.signal])
    try {
      await gate.enter(deadline.signal)
      try {
        return await work(deadline.signal)
      } finally {
        gate.leave()
      }
    } finally {
      deadline.end()
    }
  }

  async function post(payload: object, signal: AbortSignal): Promise<unknown> {
    const body = Buffer.from(JSON.stringify(payload))
    let authorizationHeader = await unlessAborted(signal, authorization.header())
    let answer = await postOnce(endpoint, body, authorizationHeader, signal)
    // A restarted bitcoind has written a new cookie.
    if (answer.status === 401 && authorization.renew(authorizationHeader)) {
      authorizationHeader = await unlessAborted(signal, authorization.header())
      answer = await postOnce(endpoint, body, authorizationHeader, signal)
    }
    return readRpcBody(answer)
  }

  return {
    async call(method, params, callOptions = {}) {
      lastId += 1
      const id = lastId
      const call: RpcCall = params === undefined ? { method } : { method, params }
      const answer = await bounded(callOptions, (signal) => post(encodeCall(id, call), signal))
      const outcome = decodeAnswer(answer, id, method)
      if (!outcome.ok) throw outcome.error
      return outcome.result
    },

    async batch(calls, callOptions = {}) {
      invariant(calls.length <= MAX_BATCH_CALLS, `a batch has at most ${MAX_BATCH_CALLS} calls`)
      if (calls.length === 0) return []
      const firstId = lastId + 1
      lastId += calls.length
      const payload = calls.map((call, i) => encodeCall(firstId + i, call))
      const answer = await bounded(callOptions, (signal) => post(payload, signal))
      return decodeBatch(answer, firstId, calls)
    },

    close() {
      closed.abort()
      endpoint.agent.destroy()
    },
  }
}

function postOnce(
  endpoint: HttpEndpoint,
  body: Uint8Array,
  authorization: string,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const headers = { Authorization: authorization, 'Content-Type': 'application/json' }
  return exchange(endpoint, { headers, body }, signal)
}

/** JSON-RPC 1.1 puts errors under status 404 and 500, 2.0 all under 200: for these the body decides. */
function readRpcBody(answer: HttpAnswer): unknown {
  switch (answer.status) {
    case 200:
      return parseJson(answer.body)
    case 404:
    case 500:
      if (answer.body.length === 0) throw httpError(answer.status)
      return parseJson(answer.body)
    case 401:
      throw new BitcoindError('unauthorised', 'bitcoind does not accept the credentials')
    case 403:
      throw new BitcoindError('forbidden', 'bitcoind does not allow this call from here')
    case 503:
      throw new BitcoindError('busy', 'bitcoind\'s work queue is full, or it is stopping')
    default:
      throw httpError(answer.status)
  }
}

function httpError(status: number): BitcoindError {
  return new BitcoindError('http-error', `bitcoind's port answered with HTTP status ${status}`)
}
