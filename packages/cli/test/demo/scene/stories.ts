import type { DemoEvent, StoryLine } from '../../../src/demo/scene/events.ts'

/** A line of a member's story; what is not said is null. */
export function line(at_ms: number, by: number, event: string, about: Partial<StoryLine> = {}): DemoEvent {
  const nothing = { height: 100, member: null, txid: null, sat_vb: null, detail: null }
  return { event: 'story', at_ms, line: { incident_id: 'theft', ...nothing, ...about, by, event } }
}
