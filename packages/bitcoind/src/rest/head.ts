import { BitcoindError } from '../errors.ts'

/** What the head of an HTTP/1 answer says. */
export interface AnswerHead {
  readonly status: number
  /** Null where it is not told beforehand. */
  readonly length_bytes: number | null
  /** Whether the connection is closed after the body. */
  readonly closes: boolean
}

const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: |$)/
const LENGTH = /^\d{1,15}$/

/**
 * @param text all lines, without the empty one at the end
 * @throws BitcoindError malformed-answer
 */
export function parseHead(text: string): AnswerHead {
  const [statusLine = '', ...lines] = text.split('\r\n')
  const [, minor, status] = STATUS_LINE.exec(statusLine) ?? []
  if (status === undefined) throw notHttp('no HTTP/1 status line')
  let length_bytes: number | null = null
  let closes = minor === '0'
  let isCoded = false
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon <= 0) throw notHttp('a header line without a name')
    const value = line.slice(colon + 1).trim().toLowerCase()
    switch (line.slice(0, colon).toLowerCase()) {
      case 'content-length':
        if (!LENGTH.test(value) || length_bytes !== null && length_bytes !== Number(value)) throw notHttp('no one length')
        length_bytes = Number(value)
        break
      case 'connection':
        closes = value === 'close' || closes && value !== 'keep-alive'
        break
      case 'transfer-encoding':
      case 'content-encoding':
        isCoded ||= value !== 'identity'
        break
    }
  }
  return { status: Number(status), length_bytes: isCoded ? null : length_bytes, closes }
}

function notHttp(why: string): BitcoindError {
  return new BitcoindError('malformed-answer', `the answer is not HTTP (${why})`)
}
