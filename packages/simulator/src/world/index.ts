export { type ClockError, EPOCH_MS, MemberClock } from './member-clock.ts'
export { Random } from './random.ts'
export { World } from './world.ts'
