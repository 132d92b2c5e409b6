export {
  type ActAt,
  type DeadMan,
  type DeepCold,
  type Destination,
  type FeeCoins,
  type Ladders,
  MAX_RUNGS,
  type Profile,
  scriptsOf,
  type Signing,
  type VaultPlan,
  type VaultScripts,
} from './plan.ts'
export { DEFAULT_CSV, DEFAULT_MAX_CLAWBACK_FEE_PERCENT, DEFAULT_STAGING_CSV, laddersOf } from './profiles.ts'
export { type LeftOutRung, type Purpose } from './ladder.ts'
export { createPlan, type PlanRequest } from './create.ts'
export { type PlanSummary, summaryLines, summaryOf } from './summary.ts'
