import { connect, type Socket } from 'node:net'
import { BitcoindError } from '../errors.ts'
import { errnoOf } from '../rpc/credentials.ts'
import { type AnswerHead, parseHead } from './head.ts'

export interface RestEndpoint {
  readonly host: string
  readonly port: number
  /** A body may be this long. */
  readonly maxResponseBytes: number
}

export interface RestAnswer {
  readonly status: number
  /** Empty unless the status is 200. */
  readonly body: Uint8Array<ArrayBuffer>
}

/** The connection was closed before a byte of an answer: bitcoind does so to one that idled. */
export type Stale = 'connection-was-stale'

/** bitcoind's heads are 100 bytes; a proxy's are longer. */
const MAX_HEAD_BYTES = 16_384
const HEAD_END = '\r\n\r\n'
/** bitcoind closes an idle connection after 30 s (`rpcservertimeout`); we close it first. */
const IDLE_LIMIT_MS = 20_000
const NOTHING = new Uint8Array(0)

/** An exchange under way: first its head is read, then its body. */
interface Exchange {
  readonly resolve: (answer: RestAnswer | Stale) => void
  readonly reject: (error: unknown) => void
  head: AnswerHead | null
  body: Uint8Array<ArrayBuffer>
  /** Bytes of what is read now, head or body. */
  received: number
}

/**
 * One kept connection, one exchange at a time. The socket reads right into the body's own buffer, which has the length
 * that the head tells: Node's HTTP client takes half as long again for a block, and more than twice the processor time.
 */
export class RestConnection {
  private readonly endpoint: RestEndpoint
  private readonly socket: Socket
  private readonly head = Buffer.allocUnsafeSlow(MAX_HEAD_BYTES)
  private exchange: Exchange | null = null
  private exchanges = 0
  private isClosed = false

  constructor(endpoint: RestEndpoint) {
    this.endpoint = endpoint
    const { host, port } = endpoint
    this.socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer: () => this.target(),
        callback: (length) => {
          this.onBytes(length)
          return true
        },
      },
    })
    this.socket.on('error', (error) => this.fail(transportError(error)))
    this.socket.on('close', () => this.fail(new BitcoindError('unreachable', 'bitcoind closed the connection')))
    this.socket.on('end', () => this.socket.destroy())
    this.socket.setTimeout(IDLE_LIMIT_MS, () => {
      if (this.exchange === null) this.close()
    })
  }

  /** Whether another exchange can be tried. */
  get isUsable(): boolean {
    return !this.isClosed && this.exchange === null
  }

  /** @throws BitcoindError unreachable, malformed-answer, response-too-large, or the signal's reason */
  async get(path: string, signal: AbortSignal): Promise<RestAnswer | Stale> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<RestAnswer | Stale>()
    const onAbort = (): void => this.fail(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    this.exchange = { resolve, reject, head: null, body: NOTHING, received: 0 }
    this.exchanges += 1
    this.socket.ref()
    const { host, port } = this.endpoint
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nConnection: keep-alive\r\n\r\n`)
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  close(): void {
    this.isClosed = true
    this.socket.destroy()
  }

  /** Where the next bytes go. */
  private target(): Buffer {
    const { exchange } = this
    if (exchange === null || exchange.head === null) return this.head.subarray(exchange?.received ?? 0)
    return Buffer.from(exchange.body.buffer, exchange.received)
  }

  private onBytes(length: number): void {
    const { exchange } = this
    // More than was asked for: nothing that comes here can be trusted to be the next answer.
    if (exchange === null) {
      this.close()
      return
    }
    exchange.received += length
    if (exchange.head === null) this.readHead(exchange)
    else if (exchange.received === exchange.body.length) this.finish(exchange)
  }

  private readHead(exchange: Exchange): void {
    const end = this.head.subarray(0, exchange.received).indexOf(HEAD_END)
    if (end < 0) {
      if (exchange.received === MAX_HEAD_BYTES) this.fail(tooMuch('the head of the answer is too long'))
      return
    }
    try {
      const head = parseHead(this.head.toString('latin1', 0, end))
      this.beginBody(exchange, head, this.head.subarray(end + HEAD_END.length, exchange.received))
    } catch (error) {
      this.fail(error)
    }
  }

  /** @param first what has come of it with the head. @throws BitcoindError */
  private beginBody(exchange: Exchange, head: AnswerHead, first: Uint8Array): void {
    if (head.status !== 200) {
      this.refuse(exchange, head, first.length)
      return
    }
    if (head.length_bytes === null) throw tooMuch('the answer does not tell its length')
    const limit_bytes = this.endpoint.maxResponseBytes
    if (head.length_bytes > limit_bytes) {
      throw new BitcoindError('response-too-large', `bitcoind's answer is longer than ${limit_bytes} bytes`)
    }
    if (first.length > head.length_bytes) throw tooMuch('the answer is longer than it tells')
    exchange.head = head
    exchange.body = new Uint8Array(head.length_bytes)
    exchange.body.set(first)
    exchange.received = first.length
    if (exchange.received === head.length_bytes) this.finish(exchange)
  }

  /** Nobody reads what a refusal says; unless all of it is here, the connection is given up for it. */
  private refuse(exchange: Exchange, head: AnswerHead, received: number): void {
    exchange.head = { ...head, closes: head.closes || head.length_bytes !== received }
    this.finish(exchange)
  }

  private finish({ resolve, head, body }: Exchange): void {
    this.exchange = null
    // An idle connection keeps no process alive.
    this.socket.unref()
    if (head?.closes !== false) this.close()
    resolve({ status: head?.status ?? 0, body })
  }

  private fail(error: unknown): void {
    this.close()
    const { exchange } = this
    if (exchange === null) return
    this.exchange = null
    const wasIdle = this.exchanges > 1 && exchange.head === null && exchange.received === 0
    if (wasIdle && isLoss(error)) exchange.resolve('connection-was-stale')
    else exchange.reject(error)
  }
}

function isLoss(error: unknown): boolean {
  return error instanceof BitcoindError && error.code === 'unreachable'
}

function tooMuch(sentence: string): BitcoindError {
  return new BitcoindError('malformed-answer', sentence)
}

function transportError(error: unknown): BitcoindError {
  return new BitcoindError('unreachable', `no connection to bitcoind (${errnoOf(error) ?? 'unknown cause'})`)
}
