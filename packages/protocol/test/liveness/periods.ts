/** Heartbeat periods as one member lives through them: who speaks in each, and what they say. */
import assert from 'node:assert/strict'
import type { BodyOf, Header, MemberIndex, Peer } from '../../src/index.ts'
import type { Seat } from '../core/seat.ts'
import { quietHeartbeat } from '../messages/heartbeat.ts'

export interface Period {
  /** Members that speak; default all others. */
  readonly from?: readonly number[]
  readonly says?: (member: number) => Partial<BodyOf<'heartbeat'>>
  readonly head?: (member: number) => Partial<Header>
}

/** So many periods, in each of which these speak and then a period passes. */
export function periods(seat: Seat, count: number, { from = seat.others(), says = () => ({}), head = () => ({}) }: Period = {}): void {
  const { heartbeat_ms } = seat.setting.federation.timing
  for (let at = 0; at < count; at++) {
    for (const member of from) assert.equal(seat.say(member, 'heartbeat', quietHeartbeat(says(member)), { head: head(member) }), 'accepted')
    seat.pass(heartbeat_ms)
  }
}

/** What members say who do not hear these. */
export function reporting(...silent: number[]): Partial<BodyOf<'heartbeat'>> {
  return { silent: silent as MemberIndex[] }
}

export function peerOf(seat: Seat, member: number): Peer {
  const peer = seat.state.volatile.peers.get(member as MemberIndex)
  assert.ok(peer)
  return peer
}

/** Of whom this was told, in order. */
export function toldOf(seat: Seat, event: Parameters<Seat['tells']>[0]): (number | undefined)[] {
  return seat.tells(event).map(({ member }) => member)
}
