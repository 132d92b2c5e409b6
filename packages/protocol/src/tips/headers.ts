/** The way to a tip that is not in my chain: asked for, shown, and judged by my own bitcoind alone. */
import type { Outcome } from '../core/input.ts'
import type { Headers, HeadersWanted } from '../messages/headers.ts'
import type { VerdictCode } from '../messages/verdict.ts'
import type { MemberIndex } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'

export function onHeadersWanted(_turn: Turn, _from: MemberIndex, _body: HeadersWanted): VerdictCode {
  return 'accepted'
}

export function onHeaders(_turn: Turn, _from: MemberIndex, _body: Headers): VerdictCode {
  return 'accepted'
}

export function onHeadersRead(_turn: Turn, _outcome: Extract<Outcome, { of: 'read-headers' }>): void {}

export function onHeadersSubmitted(_turn: Turn, _outcome: Extract<Outcome, { of: 'submit-headers' }>): void {}
