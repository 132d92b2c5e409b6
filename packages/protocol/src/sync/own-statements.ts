/**
 * What a member itself said last, for it to see. A disk that was put back from a copy lacks whatever was signed since: the
 * newest statements are the surest to be missing there.
 */
import type { Height, MemberIndex } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'

/** Handed to a member that asks for its own; the next that it asks for again. */
const MAX_OWN_STATEMENTS = 64

interface Statement {
  readonly height: Height
  readonly frame: Uint8Array
}

/** Votes, receipts, notices, reports and releases of that member that I hold, the newest first, and from the newest again after the last. */
export function ownStatementsOf(turn: Turn, member: MemberIndex): Uint8Array[] {
  const peer = turn.volatile.peers.get(member)
  if (!peer) return []
  const all = [...statementsOf(turn, member)].toSorted((a, b) => b.height - a.height)
  const since = peer.own_shown
  peer.own_shown = since + MAX_OWN_STATEMENTS < all.length ? since + MAX_OWN_STATEMENTS : 0
  return all.slice(since, since + MAX_OWN_STATEMENTS).map(({ frame }) => frame)
}

function* statementsOf({ durable, volatile }: Turn, member: MemberIndex): Generator<Statement> {
  for (const { votes } of durable.incidents.values()) {
    const vote = votes.get(member)
    if (vote) yield { height: vote.anchor_height, frame: vote.frame }
  }
  for (const { manifests, commands } of durable.vaults.values()) {
    for (const { receipts, armed_height } of manifests) {
      const frame = receipts.get(member)
      if (frame) yield { height: armed_height ?? (0 as Height), frame }
    }
    for (const { notices, reports, seen_height } of commands.values()) {
      const notice = notices.get(member)
      if (notice) yield notice
      const report = reports.get(member)
      if (report) yield { height: seen_height, frame: report }
    }
  }
  for (const { command } of durable.destroyed.values()) {
    const notice = command.notices.get(member)
    if (notice) yield notice
  }
  for (const [, { from, height, frame }] of volatile.shown_releases.entries()) {
    if (from === member) yield { height, frame }
  }
}
