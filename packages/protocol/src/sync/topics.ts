/** The table of anti-entropy. A kind that joins has one entry here: its list in a Pull, and its digests in heartbeats. */
import type { Heartbeat } from '../messages/heartbeat.ts'
import type { Pull } from '../messages/pull.ts'
import type { IncidentId, ManifestHash, VaultId } from '../primitives/index.ts'
import type { Turn } from '../state/turn.ts'
import { custody } from './custody.ts'
import { evidence } from './evidence.ts'
import { incidents } from './incidents.ts'
import { ownerMessages } from './owner-messages.ts'
import type { Topic } from './topic.ts'

/** What each topic is asked about. */
export interface Subjects {
  readonly owner_messages: VaultId
  readonly incidents: IncidentId
  readonly custody: ManifestHash
  readonly evidence: 'all'
}
export type TopicName = keyof Subjects & keyof Pull
export type Wants = { readonly [T in TopicName]?: readonly Subjects[T][] }

/** In the order in which they are answered: what is voted on makes sense only to who has the order. */
export const TOPICS: { readonly [T in TopicName]: Topic<Subjects[T], Pull[T][number], unknown> } = {
  owner_messages: ownerMessages,
  incidents,
  custody,
  evidence,
}
export const TOPIC_NAMES = Object.keys(TOPICS) as TopicName[]

/** All of a heartbeat that comes of what I hold. */
export function digestsTold(turn: Turn): Pick<Heartbeat, 'owner_messages' | 'incidents' | 'custody_digest' | 'evidence_digest'> {
  return { ...ownerMessages.told(turn), ...incidents.told(turn), ...custody.told(turn), ...evidence.told(turn) }
}

/** What a heartbeat gives cause to ask its sender for; null where nothing. */
export function wantsAfter(turn: Turn, told: Heartbeat): Wants | null {
  const wants = {
    owner_messages: TOPICS.owner_messages.differing(turn, told),
    incidents: TOPICS.incidents.differing(turn, told),
    custody: TOPICS.custody.differing(turn, told),
    evidence: TOPICS.evidence.differing(turn, told),
  }
  return Object.values(wants).some((subjects) => subjects.length > 0) ? wants : null
}
