export { type Behaviour, HONEST } from './behaviour.ts'
export type { Probe } from './probe.ts'
export { type MemberOptions, SimMember } from './sim-member.ts'
