/** Which coins the pool should have, and how to make the missing ones out of what there is. Pure. */
import { type Feerate, type Sats, sats } from '@belfry/protocol/primitives'
import { feeFor } from '../transaction/fees.ts'
import { type FeeCoin, MIN_FEE_COIN } from './coin.ts'
import { MIN_CHANGE, splitVsize, USUAL_ANCHORED_VSIZE, USUAL_ANYONE_CAN_PAY_VSIZE } from './sizes.ts'

/**
 * A's fee is its coin: one for each step of a bidding war. A is built only beside a rung of 1,000 sat/vB and tried after that,
 * so that its bids begin there and rise to four times as much; a smaller coin would replace nothing. sat/kvB.
 */
const ANYONE_CAN_PAY_RATES = [1_000_000, 1_600_000, 2_500_000, 4_000_000].map((rate) => rate as Feerate)
/** Four times the usual top rung; P's child gives change, so that one coin serves every feerate up to this. */
const ANCHORED_RATE = 1_000_000 as Feerate
/** Two incidents at once. */
const ROUNDS = 2
/** A coin of up to half as much again serves as well. */
const MAX_EXCESS = 3n
const OF_EXCESS = 2n

const MAX_SPLIT_INPUTS = 8
const MAX_SPLIT_OUTPUTS = 16

/** Which means the guarded vaults have. */
export interface PoolNeeds {
  readonly anyone_can_pay: boolean
  readonly anchored: boolean
}

/** The sizes that the pool should hold: the largest first, as the ceiling; then what makes the steps below it cheap. */
export function poolTargets(needs: PoolNeeds): Sats[] {
  const steps = needs.anyone_can_pay ? ANYONE_CAN_PAY_RATES.map((rate) => feeFor(USUAL_ANYONE_CAN_PAY_VSIZE, rate)) : []
  const ceiling = needs.anchored ? [sats(feeFor(USUAL_ANCHORED_VSIZE, ANCHORED_RATE) + MIN_CHANGE)] : []
  const round = [...ceiling, ...steps]
  const [largest] = round.toSorted(descending)
  if (largest === undefined) return []
  return [largest, ...Array.from({ length: ROUNDS }, () => round).flat().toSorted(ascending).filter(onceWithout(largest))]
}

export interface SplitPlan {
  readonly inputs: readonly FeeCoin[]
  /** Each to an address of its own. What is left comes last; it may be none. */
  readonly outputs: readonly Sats[]
  readonly fee: Sats
}

/**
 * A split that makes at least one of the missing coins, or null where none is due. While no coin is as large as the first
 * target nothing smaller is made: that would only lower the feerate which the pool can carry.
 * @param coins confirmed, and not spoken for
 */
export function planSplit(coins: readonly FeeCoin[], targets: readonly Sats[], feerate: Feerate): SplitPlan | null {
  const { missing, loose } = matched(coins, targets)
  const inputs = loose.filter(({ value }) => value >= MIN_FEE_COIN).slice(0, MAX_SPLIT_INPUTS)
  if (missing.length === 0 || inputs.length === 0) return null
  const total = inputs.reduce((sum, { value }) => sum + value, 0n)
  const outputs: Sats[] = []
  let left = total - feeFor(splitVsize(inputs.length, 0), feerate)
  // The rest needs an output, too.
  const each = feeFor(splitVsize(0, 2), feerate) - feeFor(splitVsize(0, 1), feerate) + 1n
  for (const target of missing) {
    const isCeiling = target === targets[0] && outputs.length === 0
    if (outputs.length >= MAX_SPLIT_OUTPUTS - 1 || left < target + each + each) {
      if (isCeiling) return null
      break
    }
    outputs.push(target)
    left -= target + each
  }
  if (outputs.length === 0) return null
  const rest = left - each
  if (rest >= MIN_FEE_COIN) outputs.push(sats(rest))
  const paid = outputs.reduce((sum, value) => sum + value, 0n)
  // One coin of a wanted size out of one coin is no gain.
  if (outputs.length <= inputs.length && outputs.length === 1) return null
  return { inputs, outputs, fee: sats(total - paid) }
}

/** Each target takes the smallest coin that serves it and is not much larger. */
function matched(coins: readonly FeeCoin[], targets: readonly Sats[]): { missing: Sats[]; loose: FeeCoin[] } {
  const loose = coins.toSorted((a, b) => ascending(a.value, b.value))
  const missing = targets.filter((target) => {
    const at = loose.findIndex(({ value }) => value >= target && value * OF_EXCESS <= target * MAX_EXCESS)
    if (at >= 0) loose.splice(at, 1)
    return at < 0
  })
  return { missing, loose: loose.toReversed() }
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function descending(a: bigint, b: bigint): number {
  return ascending(b, a)
}

function onceWithout(value: Sats): (one: Sats) => boolean {
  let found = false
  return (one) => {
    if (found || one !== value) return true
    found = true
    return false
  }
}
