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
export { Loop } from './loop.ts'
export type { Effects, Inputs, LoopModules, LoopObserver, LoopOptions } from './modules.ts'
