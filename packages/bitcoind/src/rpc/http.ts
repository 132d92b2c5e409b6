import { type Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { BitcoindError } from '../errors.ts'
import { errnoOf } from './credentials.ts'

export interface HttpEndpoint {
  readonly host: string
  readonly port: number
  readonly agent: Agent
  /** An answer's body may be this long. */
  readonly maxResponseBytes: number
}

/** By POST. */
export interface HttpQuestion {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface HttpAnswer {
  readonly status: number
  readonly body: Buffer<ArrayBuffer>
}

/**
 * One question, one answer, over a kept connection.
 * @throws BitcoindError unreachable, malformed-answer, response-too-large, or the signal's reason
 */
export async function exchange(
  endpoint: HttpEndpoint,
  question: HttpQuestion,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const first = await attempt(endpoint, question, signal)
  // bitcoind closes a connection that idled for 30 s, and may do so just as we write to it. Only then, with not a byte
  // of an answer, is the question put again, once.
  const answer = first === 'connection-was-stale' ? await attempt(endpoint, question, signal) : first
  if (answer === 'connection-was-stale') throw new BitcoindError('unreachable', 'bitcoind closed the connection')
  return answer
}

function attempt(
  endpoint: HttpEndpoint,
  question: HttpQuestion,
  signal: AbortSignal,
): Promise<HttpAnswer | 'connection-was-stale'> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    let answered = false
    const { host, port, agent } = endpoint
    const headers = { ...question.headers, 'Content-Length': String(question.body.length) }
    const request = httpRequest({ host, port, agent, method: 'POST', path: '/', headers, signal }, (response) => {
      answered = true
      readBody(response, endpoint.maxResponseBytes).then(
        (body) => resolve({ status: response.statusCode ?? 0, body }),
        (error: unknown) => {
          request.destroy()
          reject(signal.aborted ? signal.reason : transportError(error))
        },
      )
    })
    request.on('error', (error) => {
      if (signal.aborted) reject(signal.reason)
      else if (!answered && wasStale(request, error)) resolve('connection-was-stale')
      else reject(transportError(error))
    })
    request.end(question.body)
  })
}

function wasStale(request: ClientRequest, error: Error): boolean {
  const errno = errnoOf(error)
  return request.reusedSocket && (errno === 'ECONNRESET' || errno === 'EPIPE')
}

async function readBody(response: IncomingMessage, limit_bytes: number): Promise<Buffer<ArrayBuffer>> {
  const announced = Number(response.headers['content-length'])
  if (announced > limit_bytes) throw tooLarge(limit_bytes)
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit_bytes) throw tooLarge(limit_bytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

function tooLarge(limit_bytes: number): BitcoindError {
  return new BitcoindError('response-too-large', `bitcoind's answer is longer than ${limit_bytes} bytes`)
}

function transportError(error: unknown): BitcoindError {
  if (error instanceof BitcoindError) return error
  const errno = errnoOf(error)
  // HPE_*: Node's HTTP parser.
  if (errno?.startsWith('HPE_')) {
    return new BitcoindError('malformed-answer', `the answer is not HTTP (${errno})`)
  }
  return new BitcoindError('unreachable', `no connection to bitcoind (${errno ?? 'unknown cause'})`)
}
