/** The story of an incident: what `incident explain` tells, in the order in which this member learned it. */
import { type Infer, s } from '../primitives/index.ts'

/** Enough for 64 members' votes, receipts and twenty rounds of rungs. */
export const MAX_STORY = 512
/** Of those, kept for what became of the coin: no lying member may fill the story so that its end cannot be told. */
const RESERVED_FOR_ENDINGS = 64

export const storyEvent = s.oneOf(
  'trigger-seen',
  'trigger-offered',
  'trigger-replaced',
  'trigger-gone',
  'trigger-confirmed',
  'trigger-unconfirmed',
  'opened',
  'voted',
  'vote-received',
  'certified',
  'released',
  'share-opened',
  'share-refused',
  'rebuilt',
  'bad-dealer',
  'broadcast',
  'broadcast-refused',
  'broadcast-by-member',
  'recovery-seen',
  'recovery-gone',
  'recovery-confirmed',
  'recovery-unconfirmed',
  'other-spend-seen',
  'other-spend-confirmed',
  'exposed',
  'settled',
  'bumped',
  'bump-refused',
  'fee-turn-passed',
)
export type StoryEvent = Infer<typeof storyEvent>

const ENDINGS: ReadonlySet<StoryEvent> = new Set<StoryEvent>([
  'trigger-confirmed',
  'broadcast',
  'recovery-seen',
  'recovery-confirmed',
  'recovery-unconfirmed',
  'other-spend-confirmed',
  'exposed',
  'settled',
])

/** Whether a story of this length takes one more entry of this kind. */
export function hasStoryRoom(length: number, event: StoryEvent): boolean {
  return length < (ENDINGS.has(event) ? MAX_STORY : MAX_STORY - RESERVED_FOR_ENDINGS)
}

export const storyEntry = s.struct({
  at_ms: s.millis,
  event: storyEvent,
  /** My tip then; null before the first block. */
  height: s.nullable(s.height),
  member: s.nullable(s.memberIndex),
  txid: s.nullable(s.txid),
  /** sat/kvB of the rung concerned. */
  feerate: s.nullable(s.feerate),
  /** A code or short word, e.g. bitcoind's answer. */
  detail: s.nullable(s.text(64)),
})
export type StoryEntry = Infer<typeof storyEntry>
