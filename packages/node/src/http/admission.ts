/** What is settled before a request reaches any route: how many, of what kind, and for which host. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isLoopback } from '../config/index.ts'
import { JSON_HEADERS, REFUSALS, STATUS, failureBody } from './answer.ts'
import type { HttpError } from './errors.ts'

export interface AdmissionOptions {
  readonly max_requests_in_flight: number
  /** Bound to loopback: a web page that makes its name resolve to 127.0.0.1 (DNS rebinding) must get nothing. */
  readonly loopback_only: boolean
}

/** Requests that wait for nothing are answered at once; slow readers hold a place until their answer is through. */
export function admit(
  { max_requests_in_flight, loopback_only }: AdmissionOptions,
  serve: RequestListener,
): RequestListener {
  let inFlight = 0
  return (request, response) => {
    const refusal = inFlight >= max_requests_in_flight ? REFUSALS.busy() : refusalOf(request, loopback_only)
    if (refusal) {
      refuse(response, refusal)
      return
    }
    inFlight++
    response.once('close', () => {
      inFlight--
    })
    serve(request, response)
  }
}

function refusalOf({ method, headers }: IncomingMessage, loopback_only: boolean): HttpError | null {
  if (method !== 'GET' && method !== 'HEAD') return REFUSALS.method()
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0) return REFUSALS.body()
  return loopback_only && !isLoopback(hostIn(headers.host ?? '')) ? REFUSALS.host() : null
}

/** Without the port, and an IPv6 address without its brackets. */
function hostIn(header: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(header)?.[1] ?? header.replace(/:\d+$/, '')
}

/** The connection ends with it: what follows may be a body that nobody reads. */
function refuse(response: ServerResponse, error: HttpError): void {
  const body = failureBody(error)
  response.writeHead(STATUS[error.code], {
    ...JSON_HEADERS,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  })
  response.end(body)
}

const PARSER_ERRORS: Readonly<Record<string, () => HttpError>> = {
  HPE_HEADER_OVERFLOW: REFUSALS.headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: REFUSALS.timeout,
}

/** Where the parser gave up there is no request, only the socket. */
export function onClientError(error: Error, socket: Duplex): void {
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const refusal = (PARSER_ERRORS[code] ?? REFUSALS.malformed)()
  const body = failureBody(refusal)
  const head = Object.entries({ ...JSON_HEADERS, 'content-length': Buffer.byteLength(body), connection: 'close' })
  socket.end(
    [`HTTP/1.1 ${STATUS[refusal.code]} Refused`, ...head.map(([name, value]) => `${name}: ${value}`), '', body].join(
      '\r\n',
    ),
    () => socket.destroy(),
  )
}
