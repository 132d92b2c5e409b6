export { type Behaviour, HONEST } from './behaviour.ts'
export type { Probe } from './probe.ts'
export { type BesideKind, type MemberOptions, SimMember } from './sim-member.ts'
export type { Speech } from './speech.ts'
