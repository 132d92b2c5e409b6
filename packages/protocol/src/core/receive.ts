/**
 * From bytes to a verdict, cheapest check first: size, form, kind and lock, seen before, the forwarder's budget, the
 * signature, the sender's budget, the content. Every outcome has one code.
 */
import { custodyReceipt } from '../custody/receipts.ts'
import { noticeEquivocation } from '../evidence/equivocation.ts'
import { onCertificate, onVote } from '../incident/ballot.ts'
import { onRelease } from '../incident/rebuild.ts'
import { onHeartbeat } from '../liveness/heartbeats.ts'
import { SENDER_BUDGET, forwarderBudget, spend } from '../messages/budget.ts'
import { type Frame, type Header, MAX_FRAME_BYTES, MESSAGE_VERSION, decodeFrame, decodeHeader, messageHash } from '../messages/frame.ts'
import { isSignatureValid } from '../messages/verified.ts'
import { MEMBER_KINDS, type MemberKind, decodeBody, isMemberKind } from '../messages/kinds.ts'
import { type VerdictCode, verdictOf } from '../messages/verdict.ts'
import { SchemaError, type SchemaErrorCode } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'
import { onPull } from '../sync/pull.ts'
import type { Input } from './input.ts'

type FrameInput = Extract<Input, { kind: 'frame' }>

export function onFrame(turn: Turn, input: FrameInput): void {
  const { code, kind } = receive(turn, input)
  turn.now({ effect: 'verdict', token: input.token, peer: input.peer, verdict: verdictOf(code), code, kind })
}

interface Received {
  readonly code: VerdictCode
  /** As the sender called it, where that far was read and the kind is known. */
  readonly kind: MemberKind | 'unknown'
}

function receive(turn: Turn, input: FrameInput): Received {
  if (input.bytes.length > MAX_FRAME_BYTES) return { code: 'oversize', kind: 'unknown' }
  let kind: Received['kind'] = 'unknown'
  try {
    const frame = decodeFrame(input.bytes)
    const head = decodeHeader(frame.signed)
    if (isMemberKind(head.kind)) kind = head.kind
    return { code: open(turn, input, frame, head), kind }
  } catch (error) {
    if (error instanceof SchemaError) return { code: SCHEMA_VERDICTS[error.code], kind }
    throw error
  }
}

/** Unknown fields and words may be a later version's; the rest is wrong in every version. */
const SCHEMA_VERDICTS: Record<SchemaErrorCode, VerdictCode> = {
  malformed: 'malformed',
  'over-limit': 'malformed',
  'missing-field': 'malformed',
  'not-canonical': 'not-canonical',
  'unknown-field': 'unknown-field',
  'unknown-variant': 'unknown-variant',
}

function open(turn: Turn, input: FrameInput, frame: Frame, head: Header): VerdictCode {
  const { federation, self } = turn.config
  if (head.version !== MESSAGE_VERSION) return 'unknown-version'
  if (head.lock_prefix !== federation.lock_prefix) return 'foreign-lock'
  if (head.epoch !== federation.epoch) return 'other-epoch'
  if (!isMemberKind(head.kind)) return 'unknown-kind'
  const rules = MEMBER_KINDS[head.kind]
  if (!(rules.channels as readonly string[]).includes(input.channel)) return 'wrong-channel'
  if ((frame.attachment?.length ?? 0) > rules.max_attachment_bytes) return 'bad-attachment'

  const exact = messageHash(turn.ports, input.bytes)
  if (turn.volatile.seen.has(exact)) return 'duplicate'
  const members = federation.members.length
  const { forwarders, senders } = turn.volatile.budgets
  const room = forwarderBudget(rules.room, members)
  if (!spend(forwarders, input.peer, rules.room, room, input.bytes.length, turn.at_ms)) return 'forwarder-over-budget'

  const member = federation.members.find(({ index }) => index === head.from)
  if (!member) return 'not-a-member'
  if (member.peer_id !== head.peer_id) return 'wrong-peer-id'
  if (!isSignatureValid(turn, member.node_key, frame)) {
    // By its exact bytes: a forged signature must not make the true message look like a duplicate.
    turn.volatile.seen.set(exact, true)
    return 'bad-signature'
  }
  if (head.from === self) return 'own-message'
  noticeEquivocation(turn, head, frame)
  if (!spend(senders, head.from, rules.room, SENDER_BUDGET[rules.room], input.bytes.length, turn.at_ms)) {
    return 'sender-over-budget'
  }
  if (rules.rising && !rises(turn, head)) return 'stale'
  const code = content(turn, head.kind, head, frame)
  // Ignored messages may be taken another time, when I know more; so only a decision is remembered.
  if (verdictOf(code) !== 'ignore' && !rules.repeats) turn.volatile.seen.set(exact, true)
  return code
}

function rises(turn: Turn, { from, boot, seq }: Header): boolean {
  const peer = turn.volatile.peers.get(from)
  return peer !== undefined && (boot > peer.boot || (boot === peer.boot && seq > peer.seq))
}

function content(turn: Turn, kind: MemberKind, head: Header, frame: Frame): VerdictCode {
  switch (kind) {
    case 'heartbeat':
      return onHeartbeat(turn, head, decodeBody(kind, head.body))
    case 'vote':
      return onVote(turn, head.from, decodeBody(kind, head.body), frame)
    case 'certificate':
      return onCertificate(turn, decodeBody(kind, head.body))
    case 'receipt':
      return custodyReceipt(turn, head.from, decodeBody(kind, head.body), frame)
    case 'release':
      return onRelease(turn, head.from, decodeBody(kind, head.body), frame)
    case 'pull':
      return onPull(turn, head.from, decodeBody(kind, head.body))
  }
}
