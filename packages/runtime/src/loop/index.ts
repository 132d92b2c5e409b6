export type { LoopCounters, LoopStatus } from './counters.ts'
// The type alone: only the loop can make one.
export type { Synced } from './synced.ts'
export {
  type ClassLimits,
  INPUT_CLASSES,
  type InputClass,
  LOOP_LIMITS,
  type Lane,
  type LoopLimits,
} from './input-class.ts'
export {
  type Effects,
  type Inputs,
  Loop,
  type LoopModules,
  type LoopObserver,
  type LoopOptions,
} from './loop.ts'
