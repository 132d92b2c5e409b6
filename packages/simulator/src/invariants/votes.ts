/** Counting votes once more, from the frames themselves. */
import { type Action, type Incident, verifyFrame } from '@belfry/protocol'
import type { IncidentId, MemberIndex } from '@belfry/protocol/primitives'
import type { Context } from './invariant.ts'

export interface CountedVote {
  readonly member: MemberIndex
  readonly anchor: number
}

const WINDOW = 12
const AGE = 24
const LEAD = 6

/** The votes on this incident whose signatures hold and that name their sender rightly; each member once. */
export function validVotes(context: Context, incident_id: IncidentId, action: Action, frames: readonly Uint8Array[]): CountedVote[] {
  const found = new Map<MemberIndex, CountedVote>()
  for (const bytes of frames) {
    const read = context.frames.read(bytes)
    const { frame, head, kind } = read
    const member = context.federation.members.find(({ index }) => index === head.from)
    if (kind !== 'vote' || member === undefined) continue
    if (!verifyFrame(context.ports, context.federation.lock_hash, member.node_key, frame)) continue
    const vote = context.frames.bodyOf('vote', read)
    if (vote.incident_id !== incident_id || vote.action !== action) continue
    found.set(head.from, { member: head.from, anchor: vote.anchor_height })
  }
  return [...found.values()]
}

export function framesOfVotes({ votes }: Incident): Uint8Array[] {
  return [...votes.values()].map(({ frame }) => frame)
}

/** Whether q of them count together at this tip. */
export function isCertificate(votes: readonly CountedVote[], q: number, tip: number): boolean {
  const usable = votes.filter(({ anchor }) => anchor >= tip - AGE && anchor <= tip + LEAD)
  return usable.some(({ anchor: first }) => {
    return usable.filter(({ anchor }) => anchor >= first && anchor <= first + WINDOW).length >= q
  })
}
