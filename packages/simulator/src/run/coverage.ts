/**
 * What a run has met: pairs of an input and of the state that it met a member in. Two states are looked at, each by itself: the
 * status of the incident opened last, and the standing that the member tells in its heartbeats.
 */
import { type ChainEvent, type IncidentStatus, type Input, MEMBER_KINDS, OWNER_KINDS, type Outcome, type Standing } from '@belfry/protocol'

/** Complete because typed by the core's own unions: what is added there must be added here. */
const CHAIN_EVENTS: Readonly<Record<ChainEvent['event'], true>> = {
  'spend-seen': true,
  'spend-replaced': true,
  'spend-evicted': true,
  'spend-confirmed': true,
  'spend-unconfirmed': true,
  'block-connected': true,
  'block-disconnected': true,
  'chain-health': true,
}
const OUTCOMES: Readonly<Record<Outcome['of'], true>> = {
  'verify-enrolment': true,
  'seal-share': true,
  'open-share': true,
  rebuild: true,
  'read-headers': true,
  'submit-headers': true,
  'prove-block': true,
  'look-at-deposit': true,
  'check-shares': true,
  broadcast: true,
  bump: true,
  'test-sighting': true,
}
const PLAIN: Readonly<Record<Exclude<Input['kind'], 'chain' | 'outcome' | 'frame' | 'request'>, true>> = { start: true, tick: true, peer: true }
const STATUSES: Readonly<Record<IncidentStatus | 'none', true>> = {
  none: true,
  alleged: true,
  open: true,
  certified: true,
  recovering: true,
  recovered: true,
  secured: true,
  gone: true,
  lost: true,
  settled: true,
  over: true,
}
const STANDINGS: Readonly<Record<Standing, true>> = { serving: true, starting: true, quarantined: true }

export const INPUT_NAMES: readonly string[] = [
  ...Object.keys(PLAIN),
  ...Object.keys(CHAIN_EVENTS).map((event) => `chain ${event}`),
  ...[...Object.keys(MEMBER_KINDS), 'unknown'].map((kind) => `frame ${kind}`),
  ...Object.keys(OUTCOMES).map((of) => `outcome ${of}`),
  ...Object.keys(OWNER_KINDS).map((kind) => `request ${kind}`),
]

export const STATE_NAMES: readonly string[] = [...Object.keys(STATUSES), ...Object.keys(STANDINGS)]

export function pairOf(input: string, state: string): string {
  return `${input} × ${state}`
}

/** Some of these can never be: a member that holds no incident is told nothing of its shares. */
export function neverSeen(seen: ReadonlyMap<string, number>): string[] {
  return INPUT_NAMES.flatMap((input) => STATE_NAMES.map((state) => pairOf(input, state))).filter((pair) => !seen.has(pair))
}
