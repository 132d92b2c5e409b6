/**
 * Two conflicting signed messages of one member: (from, boot, seq) used for different bytes. Honest members cannot do it:
 * boot is durable before any message of that boot leaves. Kept, named, and verifiable by anyone from the bytes alone.
 */
import { hashOf } from '../crypto/index.ts'
import type { Frame, Header } from '../messages/frame.ts'
import { type MessageHash, equalBytes, s } from '../primitives/index.ts'
import { MAX_EVIDENCE } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import type { RecentMessage } from '../state/volatile.ts'

const pair = s.struct({ member: s.memberIndex, boot: s.uint(0xffff_ffff), seq: s.uint(Number.MAX_SAFE_INTEGER) })

/** A few pieces convict as well as many; the rest would only be a way to fill the disk. */
const MAX_PER_MEMBER = 4

/**
 * Larger ones are not kept to be compared: certificates and long Pulls, which bind nobody to anything. With them a few
 * lying members could fill the memory.
 */
const MAX_COMPARED_BYTES = 2_048

/** Remembers a message whose signature holds, and compares it with what that member signed under the same number. */
export function noticeEquivocation(turn: Turn, head: Header, frame: Frame): void {
  const recent = turn.volatile.recent.get(head.from)
  if (!recent || frame.signed.length > MAX_COMPARED_BYTES) return
  const number = `${head.boot}/${head.seq}`
  const before = recent.get(number)
  if (before === undefined) {
    recent.set(number, { signed: frame.signed, signature: frame.signature })
  } else if (!equalBytes(before.signed, frame.signed)) {
    keep(turn, head, before, frame)
  }
}

function keep(turn: Turn, head: Header, before: RecentMessage, frame: Frame): void {
  const number = { member: head.from, boot: head.boot, seq: head.seq }
  const id = hashOf(turn.ports, 'evidence', pair, number) as MessageHash
  if (turn.durable.evidence.has(id)) return
  turn.tell({ level: 'error', event: 'evidence', member: head.from, detail: 'two messages under one number' })
  const mine = [...turn.durable.evidence.values()].filter(({ member }) => member === head.from).length
  if (mine >= MAX_PER_MEMBER || turn.durable.evidence.size >= MAX_EVIDENCE) return
  turn.record({
    record: 'evidence',
    id,
    evidence: {
      member: head.from,
      kind: head.kind,
      at_ms: turn.at_ms,
      first: { signed: before.signed, signature: before.signature },
      second: { signed: frame.signed, signature: frame.signature },
    },
  })
}
