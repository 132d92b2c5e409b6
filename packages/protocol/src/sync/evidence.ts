/** Evidence against members: one piece of each sort for each member convinces, so that is what members compare. */
import { type Hasher, hashOf } from '../crypto/index.ts'
import { type Evidence, conflict } from '../messages/evidence.ts'
import { encodeFrame } from '../messages/frame.ts'
import type { Heartbeat } from '../messages/heartbeat.ts'
import { MAX_PULL_EVIDENCE, type Pull } from '../messages/pull.ts'
import { type Hash32, s, sortedEntries } from '../primitives/index.ts'
import type { Durable } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { type Topic, digestOnce } from './topic.ts'

type Asked = Pull['evidence'][number]

export const evidence: Topic<'all', Asked, Pick<Heartbeat, 'evidence_digest'>> = {
  told: (turn) => ({ evidence_digest: myDigest(turn) }),
  differing: (turn, { evidence_digest }) => (evidence_digest === myDigest(turn) ? [] : ['all']),
  // Whatever else is asked for: where nobody lies it is empty.
  asked: ({ durable }) => convictions(durable),
  lacking: framesOf,
  share: 32,
}

const summary = s.list(s.struct({ member: s.memberIndex, conflict }), MAX_PULL_EVIDENCE)

/** Who is convicted of what, by member. */
function convictions({ evidence: held }: Durable): Asked[] {
  const byName = new Map([...held.values()].map(({ member, conflict }) => [nameOf({ member, conflict }), { member, conflict }]))
  return sortedEntries(byName).map(([, one]) => one)
}

function nameOf({ member, conflict: sort }: Pick<Evidence, 'member' | 'conflict'>): string {
  return `${String(member).padStart(2, '0')}/${sort}`
}

export function evidenceDigest(hasher: Hasher, durable: Durable): Hash32 {
  return hashOf(hasher, 'digest', summary, convictions(durable)) as Hash32
}

function myDigest(turn: Turn): Hash32 {
  return digestOnce(turn, 'evidence', () => evidenceDigest(turn.ports, turn.durable))
}

/** Told anew by me each time: it is as good from anybody. */
function* framesOf(turn: Turn, asked: readonly Asked[]): Iterable<Uint8Array> {
  const told = new Set(asked.map(nameOf))
  for (const [, { member, conflict: sort, first, second }] of sortedEntries(turn.durable.evidence)) {
    const name = nameOf({ member, conflict: sort })
    if (told.has(name)) continue
    told.add(name)
    yield encodeFrame(turn.sign('evidence', { member, conflict: sort, first, second }))
  }
}
