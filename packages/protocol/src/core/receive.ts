/**
 * From bytes to a verdict, cheapest check first: size, form, kind and lock, seen before, the forwarder's budget, the
 * signature, the sender's budget, the content. Every outcome has one code.
 */
import { custodyReceipt } from '../custody/receipts.ts'
import { noticeSecondBody, noticeSecondMessage } from '../evidence/equivocation.ts'
import { onOwnMessage } from '../guard/quarantine.ts'
import { onEvidence } from '../evidence/spread.ts'
import { onCertificate, onVote } from '../incident/ballot.ts'
import { onRelease } from '../incident/rebuild.ts'
import { noticeNotRising, noticeUnreadable } from '../liveness/flags.ts'
import { onHeartbeat } from '../liveness/hearing.ts'
import { GARBAGE_BUDGET, SENDER_BUDGET, forwarderBudget, hasRoom, spend } from '../messages/budget.ts'
import {
  type Frame,
  type Header,
  MAX_FRAME_BYTES,
  MESSAGE_VERSION,
  isOtherVersion,
  messageHash,
} from '../messages/frame.ts'
import { isSignatureValid } from '../messages/verified.ts'
import {
  type BodyOf,
  type KindRules,
  MEMBER_KINDS,
  type MemberKind,
  isMemberKind,
} from '../messages/kinds.ts'
import { type IgnoreCode, type RejectCode, SCHEMA_VERDICTS, type VerdictCode, verdictOf } from '../messages/verdict.ts'
import { onCommandNotice } from '../owner/taking.ts'
import { type MemberIndex, SchemaError } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'
import { onAnswered } from '../sync/answers.ts'
import { onPull } from '../sync/pull.ts'
import { onBlockProof } from '../proof-of-watching/proofs.ts'
import { onHeaders, onHeadersWanted } from '../tips/headers.ts'
import type { Input } from './input.ts'

type FrameInput = Extract<Input, { kind: 'frame' }>

export function onFrame(turn: Turn, input: FrameInput): void {
  const { code, kind, author } = receive(turn, input)
  turn.now({ effect: 'verdict', token: input.token, peer: input.peer, verdict: verdictOf(code), code, kind })
  noticeUnreadable(turn, input.peer, code, kind)
  const culprit = culpritOf(code, input.peer, author)
  if (culprit !== null) turn.tell({ level: 'warn', event: 'frame-refused', member: culprit, detail: code })
}

/** Ignored, but no honest member hands it over: the topic and the streams are those of one lock. */
const BLAMED_IGNORES: ReadonlySet<VerdictCode> = new Set(['garbage-over-budget', 'forwarder-over-budget', 'foreign-lock'])

/**
 * What every honest member rejects, an honest one does not hand over. An author's budget is only ever used up by what it hands
 * over itself and by its own news, so whoever forwards more of it is not to blame.
 */
function culpritOf(code: VerdictCode, peer: MemberIndex, author: MemberIndex | null): MemberIndex | null {
  if (code === 'sender-over-budget') return author
  return BLAMED_IGNORES.has(code) || verdictOf(code) === 'reject' ? peer : null
}

interface Received {
  readonly code: VerdictCode
  /** As the sender called it, where that far was read and the kind is known. */
  readonly kind: MemberKind | 'unknown'
  /** As the sender says: proven only where the code says that the signature was looked at. */
  readonly author: MemberIndex | null
}

const UNREAD = { kind: 'unknown', author: null } as const

function receive(turn: Turn, input: FrameInput): Received {
  const { bytes, peer } = input
  if (bytes.length > MAX_FRAME_BYTES) return { code: 'oversize', ...UNREAD }
  const { garbage } = turn.volatile.budgets
  if (!hasRoom(garbage, peer, 'routine', GARBAGE_BUDGET, bytes.length, turn.at_ms)) {
    return { code: 'garbage-over-budget', ...UNREAD }
  }
  const frame = decoded(() => turn.reading.frame(bytes))
  if (typeof frame === 'string') {
    spend(garbage, peer, 'routine', GARBAGE_BUDGET, bytes.length, turn.at_ms)
    return { code: frame, ...UNREAD }
  }
  const head = decoded(() => turn.reading.header(frame.signed))
  if (typeof head === 'string') {
    spend(garbage, peer, 'routine', GARBAGE_BUDGET, frame.signed.length, turn.at_ms)
    const other = decoded(() => isOtherVersion(frame.signed))
    return { code: other === true ? 'unknown-version' : head, ...UNREAD }
  }
  return { code: open(turn, input, frame, head), kind: isMemberKind(head.kind) ? head.kind : 'unknown', author: head.from }
}

/** What was decoded, or the verdict on what does not decode. */
function decoded<T>(decode: () => T): T | RejectCode | IgnoreCode {
  try {
    return decode()
  } catch (error) {
    if (error instanceof SchemaError) return SCHEMA_VERDICTS[error.code]
    throw error
  }
}

function open(turn: Turn, input: FrameInput, frame: Frame, head: Header): VerdictCode {
  const { federation, self } = turn.config
  if (head.version !== MESSAGE_VERSION) return 'unknown-version'
  if (head.lock_prefix !== federation.lock_prefix) return 'foreign-lock'
  if (head.epoch !== federation.epoch) return 'other-epoch'
  if (!isMemberKind(head.kind)) return 'unknown-kind'
  const rules: Omit<KindRules<never>, 'body'> = MEMBER_KINDS[head.kind]
  const isDirect = input.peer === head.from
  const isMine = head.from === self
  // What never is gossiped is no third member's to hand over: a Pull from another would be answered to somebody else.
  const mayForward = rules.channels.includes('gossip')
  if (!rules.channels.includes(input.channel)) return 'wrong-channel'
  // But what I said myself comes back to me in the answers to my Pulls.
  if (!isDirect && !mayForward && !isMine) return 'not-its-own'
  if (isAttachmentOverLimit(frame, rules.max_attachment_bytes)) return 'attachment-over-limit'

  const exact = messageHash(turn.ports, input.bytes)
  if (turn.volatile.seen.has(exact)) return 'duplicate'
  const bytes = input.bytes.length
  const { forwarders, senders } = turn.volatile.budgets
  const forwarder = forwarderBudget(rules.room, federation.members.length)
  if (!spend(forwarders, input.peer, rules.room, forwarder, bytes, turn.at_ms)) return 'forwarder-over-budget'

  const member = federation.members.find(({ index }) => index === head.from)
  if (!member) return 'not-a-member'
  if (member.peer_id !== head.peer_id) return 'wrong-peer-id'
  if (!isSignatureValid(turn, member.node_key, frame)) {
    // By its exact bytes: a forged signature must not make the true message look like a duplicate.
    turn.volatile.seen.set(exact, true)
    return 'bad-signature'
  }
  if (isMine) {
    onOwnMessage(turn, head, frame)
    takeBackWord(turn, head, frame)
    return 'own-message'
  }
  noticeSecondMessage(turn, head, frame)
  // What a member hands over itself it pays for; what others forward of it only when it is news, or whoever replays its
  // old messages would use up its room.
  const sender = SENDER_BUDGET[rules.room]
  const pay = isDirect ? spend : hasRoom
  if (!pay(senders, head.from, rules.room, sender, bytes, turn.at_ms)) return 'sender-over-budget'
  if (rules.rising && !rises(turn, head)) {
    noticeNotRising(turn, head)
    return 'stale'
  }
  const code = content(turn, head.kind, head, frame, isDirect)
  // Nor what is rejected: a forwarder may have put another attachment to it.
  if (!isDirect && code === 'accepted') spend(senders, head.from, rules.room, sender, bytes, turn.at_ms)
  // Ignored messages may be taken another time, when I know more, but for those that are old and stay so.
  if (!rules.repeats && (verdictOf(code) !== 'ignore' || OUTLIVED.has(code))) turn.volatile.seen.set(exact, true)
  return code
}

/** What I said of a generation, and my disk has lost, comes back to me from the others, and counts at me as it does at them. */
function takeBackWord(turn: Turn, { kind, from, body: bytes }: Header, frame: Frame): void {
  if (kind !== 'receipt') return
  const body = decoded(() => turn.reading.body(kind, bytes))
  if (typeof body === 'string' || (body.statement !== 'taken-back' && body.statement !== 'let-be')) return
  custodyReceipt(turn, from, body, frame)
}

/** Where there may be none, an empty one is one too. */
function isAttachmentOverLimit({ attachment }: Frame, max_bytes: number): boolean {
  return attachment !== null && (max_bytes === 0 || attachment.length > max_bytes)
}

/** What I hold already, or something newer: no later look at the same bytes finds more in them. */
const OUTLIVED: ReadonlySet<VerdictCode> = new Set(['stale', 'duplicate', 'not-renewing', 'nothing-new', 'known'])

function rises(turn: Turn, { from, boot, seq }: Header): boolean {
  const peer = turn.volatile.peers.get(from)
  return peer !== undefined && (boot > peer.boot || (boot === peer.boot && seq > peer.seq))
}

function content(turn: Turn, kind: MemberKind, head: Header, frame: Frame, isDirect: boolean): VerdictCode {
  const { from } = head
  switch (kind) {
    case 'heartbeat':
      return read(turn, kind, head, frame, (body) => onHeartbeat(turn, head, body, isDirect))
    case 'vote':
      return read(turn, kind, head, frame, (body) => onVote(turn, from, body, frame))
    case 'certificate':
      return read(turn, kind, head, frame, (body) => onCertificate(turn, body))
    case 'receipt':
      return read(turn, kind, head, frame, (body) => custodyReceipt(turn, from, body, frame))
    case 'command':
      return read(turn, kind, head, frame, (body) => onCommandNotice(turn, from, body, frame))
    case 'release':
      return read(turn, kind, head, frame, (body) => onRelease(turn, from, body, frame))
    case 'evidence':
      return read(turn, kind, head, frame, (body) => onEvidence(turn, body))
    case 'block-proof':
      return read(turn, kind, head, frame, (body) => onBlockProof(turn, from, body))
    case 'headers-wanted':
      return read(turn, kind, head, frame, (body) => onHeadersWanted(turn, from, body))
    case 'headers':
      return read(turn, kind, head, frame, (body) => onHeaders(turn, from, body))
    case 'answered':
      return read(turn, kind, head, frame, (body) => onAnswered(turn, from, body))
    case 'pull':
      return read(turn, kind, head, frame, (body) => onPull(turn, head, body))
  }
}

/** Only what the body itself breaks is its sender's fault: an error further in is a bug of mine, not caught here. */
function read<K extends MemberKind>(turn: Turn, kind: K, head: Header, frame: Frame, use: (body: BodyOf<K>) => VerdictCode): VerdictCode {
  const body = decoded(() => turn.reading.body(kind, head.body))
  if (typeof body === 'string') return body
  noticeSecondBody(turn, kind, body, head, frame)
  return use(body)
}
