import { feerate } from '../transaction/fees.ts'
import type { Ladders, Profile } from './plan.ts'

/** One unvault variant and as few signatures as still answer a fee market of 2 to 250 sat/vB. */
const COMPACT: Ladders = {
  unvault: [feerate(2_000)],
  clawback: [feerate(2_000), feerate(10_000), feerate(50_000), feerate(250_000)],
  emergency: [feerate(10_000), feerate(250_000)],
}

const LADDERS: { readonly [P in Profile]: Ladders } = { compact: COMPACT }

export function laddersOf(profile: Profile): Ladders {
  return LADDERS[profile]
}

export const DEFAULT_PROFILE: Profile = 'compact'
export const DEFAULT_CSV = 144
export const DEFAULT_MAX_CLAWBACK_FEE_PERCENT = 2
