import type { Outpoint, Sats } from '@belfry/protocol/primitives'
import type { KeySet, PublicKey } from '../scripts/keys.ts'
import type { Network } from '../scripts/network.ts'
import { checkPlan, checkTerms } from './check.ts'
import { affordable, checkAffordable, type LeftOutRung, vsizesOf } from './ladder.ts'
import { type ActAt, type DeepCold, type Ladders, type Profile, scriptsOf, type VaultPlan } from './plan.ts'
import { DEFAULT_CSV, DEFAULT_MAX_CLAWBACK_FEE_PERCENT, DEFAULT_PROFILE, laddersOf } from './profiles.ts'

export interface PlanRequest {
  readonly network: Network
  readonly deposit: { readonly outpoint: Outpoint; readonly value: Sats }
  readonly cold: KeySet
  readonly hot: PublicKey
  readonly deep_cold: DeepCold
  readonly csv?: number
  readonly profile?: Profile
  /** Ladders to use instead of the profile's, sat/kvB. */
  readonly rungs?: Partial<Ladders>
  readonly act_at?: ActAt
  readonly max_clawback_fee_percent?: number
}

/**
 * Makes a plan, without the rungs that this vault cannot afford.
 * @throws VaultError where a rule is broken, or where not even two clawback rungs and one emergency rung fit
 */
export function createPlan(request: PlanRequest): {
  readonly plan: VaultPlan
  readonly left_out: readonly LeftOutRung[]
} {
  const profile = request.profile ?? DEFAULT_PROFILE
  const usual = laddersOf(profile)
  const asked: VaultPlan = {
    network: request.network,
    script_type: 'p2wsh',
    profile,
    deposit: { ...request.deposit },
    cold: { threshold: request.cold.threshold, keys: [...request.cold.keys] },
    hot: request.hot,
    deep_cold: copyOf(request.deep_cold),
    csv: request.csv ?? DEFAULT_CSV,
    rungs: {
      unvault: request.rungs?.unvault ?? usual.unvault,
      clawback: request.rungs?.clawback ?? usual.clawback,
      emergency: request.rungs?.emergency ?? usual.emergency,
    },
    act_at: request.act_at ?? 'confirmation',
    max_clawback_fee_percent: request.max_clawback_fee_percent ?? DEFAULT_MAX_CLAWBACK_FEE_PERCENT,
  }
  checkTerms(asked)
  const scripts = scriptsOf(asked)
  const vsizes = vsizesOf(scripts, asked.cold.threshold)
  const { rungs, left_out } = affordable(asked, vsizes)
  const plan = { ...asked, rungs }
  checkAffordable(plan, asked.rungs, scripts, vsizes)
  checkPlan(plan)
  return { plan, left_out }
}

function copyOf(deepCold: DeepCold): DeepCold {
  return deepCold.kind === 'multi' ? { ...deepCold, keys: [...deepCold.keys] } : { ...deepCold }
}
