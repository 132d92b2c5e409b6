import type { Feerate } from '@belfry/protocol/primitives'
import { feerate } from '../transaction/fees.ts'
import type { FeeCoins, Ladders, Profile } from './plan.ts'

interface Defaults {
  readonly ladders: Ladders
  readonly fee_coins: FeeCoins
}

const rungs = (...sat_vb: number[]): Feerate[] => sat_vb.map((rate) => feerate(rate * 1_000))

const DEFAULTS: { readonly [P in Profile]: Defaults } = {
  /** One unvault variant and as few signatures as still answer a fee market of 2 to 250 sat/vB. */
  compact: {
    ladders: { unvault: rungs(2), clawback: rungs(2, 10, 50, 250), emergency: rungs(10, 250), dead_man: rungs(10) },
    fee_coins: { anyone_can_pay: false, anchored: false },
  },
  /** An unvault that still moves in a busy market, and a means for the day on which 250 sat/vB are not enough. */
  standard: {
    ladders: {
      unvault: rungs(2, 20),
      clawback: rungs(2, 10, 50, 250),
      emergency: rungs(10, 250),
      dead_man: rungs(10, 250),
    },
    fee_coins: { anyone_can_pay: false, anchored: true },
  },
  full: {
    ladders: {
      unvault: rungs(2, 20, 100),
      clawback: rungs(2, 10, 50, 250),
      emergency: rungs(10, 50, 250),
      dead_man: rungs(10, 50, 250),
    },
    fee_coins: { anyone_can_pay: false, anchored: true },
  },
}

/** The dead-man ladder counts only for plans that name an heir. */
export function laddersOf(profile: Profile): Ladders {
  return DEFAULTS[profile].ladders
}

export function feeCoinsOf(profile: Profile): FeeCoins {
  return DEFAULTS[profile].fee_coins
}

export const DEFAULT_PROFILE: Profile = 'compact'
export const DEFAULT_CSV = 144
/** Thirty days. */
export const DEFAULT_STAGING_CSV = 4_320
export const DEFAULT_MAX_CLAWBACK_FEE_PERCENT = 2
