import type { Feerate, Outpoint, Sats } from '@belfry/protocol/primitives'
import type { KeySet, PublicKey } from '../scripts/keys.ts'
import type { Network } from '../scripts/network.ts'
import { checkPlan, checkTerms } from './check.ts'
import { OUTBIDDING_FEERATE, outbids } from './fee-coins.ts'
import { affordable, checkAffordable, type LeftOutRung, vsizesOf } from './ladder.ts'
import {
  type ActAt,
  type DeadMan,
  type DeepCold,
  type FeeCoins,
  type Ladders,
  type Profile,
  scriptsOf,
  type Signing,
  type VaultPlan,
} from './plan.ts'
import {
  DEFAULT_CSV,
  DEFAULT_MAX_CLAWBACK_FEE_PERCENT,
  DEFAULT_PROFILE,
  DEFAULT_STAGING_CSV,
  feeCoinsOf,
  laddersOf,
} from './profiles.ts'

export interface PlanRequest {
  readonly network: Network
  readonly deposit: { readonly outpoint: Outpoint; readonly value: Sats }
  readonly cold: KeySet
  readonly hot: PublicKey
  readonly deep_cold: DeepCold
  readonly csv?: number
  readonly profile?: Profile
  readonly signing?: Signing
  /** Ladders to use instead of the profile's, sat/kvB. */
  readonly rungs?: Partial<Ladders>
  /** Instead of the profile's. `anyone_can_pay` adds the rung of 1,000 sat/vB that it is safe with. */
  readonly fee_coins?: Partial<FeeCoins>
  readonly dead_man?: (Omit<DeadMan, 'staging_csv'> & { readonly staging_csv?: number }) | null
  readonly act_at?: ActAt
  readonly max_clawback_fee_percent?: number
}

/**
 * Makes a plan, without the rungs and means that this vault cannot afford.
 * @throws VaultError where a rule is broken, or where not even two clawback rungs and one rung of emergency, and of the
 * dead man where there is an heir, fit
 */
export function createPlan(request: PlanRequest): {
  readonly plan: VaultPlan
  readonly left_out: readonly LeftOutRung[]
} {
  const asked = askedFor(request)
  checkTerms(asked)
  const scripts = scriptsOf(asked)
  const vsizes = vsizesOf(scripts, asked.cold.threshold)
  const { rungs, fee_coins, left_out } = affordable(asked, vsizes)
  const plan = { ...asked, rungs, fee_coins }
  checkAffordable(plan, asked.rungs, scripts, vsizes)
  checkPlan(plan)
  return { plan, left_out }
}

function askedFor(request: PlanRequest): VaultPlan {
  const profile = request.profile ?? DEFAULT_PROFILE
  const dead_man = request.dead_man ?? null
  const fee_coins = { ...feeCoinsOf(profile), ...request.fee_coins }
  return {
    network: request.network,
    script_type: 'p2wsh',
    profile,
    signing: request.signing ?? 'presigned',
    deposit: { ...request.deposit },
    cold: { threshold: request.cold.threshold, keys: [...request.cold.keys] },
    hot: request.hot,
    deep_cold: copyOf(request.deep_cold),
    csv: request.csv ?? DEFAULT_CSV,
    rungs: askedRungs(request, { profile, heir: dead_man !== null, anyone_can_pay: fee_coins.anyone_can_pay }),
    fee_coins,
    dead_man: dead_man && { staging_csv: DEFAULT_STAGING_CSV, ...dead_man },
    act_at: request.act_at ?? 'confirmation',
    max_clawback_fee_percent: request.max_clawback_fee_percent ?? DEFAULT_MAX_CLAWBACK_FEE_PERCENT,
  }
}

function askedRungs(
  { rungs = {} }: PlanRequest,
  { profile, heir, anyone_can_pay }: { readonly profile: Profile; readonly heir: boolean; readonly anyone_can_pay: boolean },
): Ladders {
  const usual = laddersOf(profile)
  const clawback = rungs.clawback ?? usual.clawback
  const dead_man: readonly Feerate[] = rungs.dead_man ?? (heir ? usual.dead_man : [])
  return {
    unvault: [...(rungs.unvault ?? usual.unvault)],
    clawback: anyone_can_pay && !outbids(clawback) ? [...clawback, OUTBIDDING_FEERATE] : [...clawback],
    emergency: [...(rungs.emergency ?? usual.emergency)],
    dead_man: [...dead_man],
  }
}

function copyOf(deepCold: DeepCold): DeepCold {
  return deepCold.kind === 'multi' ? { ...deepCold, keys: [...deepCold.keys] } : { ...deepCold }
}
