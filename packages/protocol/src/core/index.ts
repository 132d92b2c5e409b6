export { type BelfryCore, createCore, durablePart, watchedOutpoints } from './core.ts'
export { type BumpMeans, type DurableEffect, type ImmediateEffect, TELL_EVENTS, type Tell, type TellEvent } from './effects.ts'
export type { BroadcastAnswer, BumpAnswer, EnrolmentCheck, Input, Outcome } from './input.ts'
export type { Output } from './step.ts'
