/** The two shapes of an answer, as on the command line: `{ok: true, result}` and `{ok: false, error}`. */
import { HttpError, type HttpErrorCode } from './errors.ts'

export const PLAIN_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const
export const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', ...PLAIN_HEADERS } as const

export const STATUS: Readonly<Record<HttpErrorCode, number>> = {
  'listen-failed': 500,
  'token-unusable': 500,
  unauthorised: 401,
  'not-found': 404,
  'method-not-allowed': 405,
  'body-refused': 413,
  'wrong-host': 421,
  busy: 503,
  'malformed-request': 400,
  'headers-too-large': 431,
  'request-timeout': 408,
  'not-live': 503,
  'not-ready': 503,
  internal: 500,
}

export function successBody(result: unknown): string {
  return `${JSON.stringify({ ok: true, result })}\n`
}

export function failureBody({ code, message, remedy }: HttpError, more: object = {}): string {
  return `${JSON.stringify({ ok: false, error: { code, message, remedy, ...more } })}\n`
}

export const REFUSALS = {
  unauthorised: () =>
    new HttpError(
      'unauthorised',
      'The API token is missing or wrong.',
      'Send `Authorization: Bearer` with the content of api-token in the data directory.',
    ),
  notFound: () =>
    new HttpError(
      'not-found',
      'There is nothing here.',
      'Known: /livez, /readyz, /metrics, /api/v1/status, vaults, incidents, incidents/{id}, peers, watches and movements.',
    ),
  noIncident: () =>
    new HttpError('not-found', 'This member knows no such incident.', 'List them with /api/v1/incidents.'),
  method: () => new HttpError('method-not-allowed', 'Everything here is read-only.', 'Use GET.'),
  body: () => new HttpError('body-refused', 'A request here has no body.', 'Send none.'),
  host: () =>
    new HttpError(
      'wrong-host',
      'The Host header names another host.',
      'Ask for 127.0.0.1 or localhost; a proxy in front must send that as the Host.',
    ),
  malformed: () => new HttpError('malformed-request', 'This is no HTTP request.', 'Speak HTTP/1.1.'),
  noEpoch: () =>
    new HttpError('not-found', 'This node serves no such epoch.', 'The status lists its epochs.'),
  query: () =>
    new HttpError(
      'malformed-request',
      'after is a whole number, and limit one from 1 to 1000.',
      'Ask for /api/v1/movements?after=0&limit=100, and then for what comes after the last seq of the answer.',
    ),
  headersTooLarge: () =>
    new HttpError('headers-too-large', 'The headers are too large.', 'Send fewer or shorter headers.'),
  timeout: () => new HttpError('request-timeout', 'The request did not come in time.', 'Send it at once.'),
  busy: () => new HttpError('busy', 'Too many requests are under way.', 'Try again in a second.'),
  internal: () => new HttpError('internal', 'This request failed.', 'Look for http-failed in the log.'),
} as const
