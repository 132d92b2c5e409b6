import { assertNever, type Feerate, type Sats } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import type { Place } from '../recovery-set/places.ts'
import { ANCHOR_SCRIPT, ANCHOR_VALUE } from '../scripts/anchor.ts'
import { type Branch, witnessStack } from '../scripts/wsh.ts'
import { dustThreshold, feeFor, MAX_SIGNATURE_BYTES, singleInputWeight, vsizeOfWeight } from '../transaction/fees.ts'
import { FEE_COIN_FEERATE, OUTBIDDING_FEERATE, outbids } from './fee-coins.ts'
import type { Ladders, VaultPlan, VaultScripts } from './plan.ts'

export type Purpose = Place['purpose']

/** Purposes whose rungs are not built where they cost too much of the vault: of U the thief chooses the variant, too. */
type Capped = 'unvault' | 'clawback' | 'emergency' | 'dead-man'

/** A rung, or a means, that was asked for and is not built. */
export interface LeftOutRung {
  readonly purpose: Capped | 'anyone-can-pay'
  readonly feerate: Feerate
  readonly fee: Sats
  /** Of the deposit. */
  readonly percent: number
  readonly reason: string
}

/** Two, so that a clawback which a rising market leaves behind can still be replaced. */
export const MIN_CLAWBACK_RUNGS = 2

export type Vsizes = { readonly [P in Purpose]: number }

/** Sizes of the signed transactions at worst: every signature with its longest encoding. */
export function vsizesOf(scripts: VaultScripts, threshold: number): Vsizes {
  const { deposit, unvault, deep_cold, staging } = scripts
  const signatures = Array.from({ length: threshold }, () => new Uint8Array(MAX_SIGNATURE_BYTES))
  const vsize = (branch: Branch, from: { witness_script: Uint8Array }, ...to: Uint8Array[]): number => {
    const items = witnessStack(branch, signatures, from.witness_script).map((item) => item.length)
    return vsizeOfWeight(singleInputWeight(to.map((script) => script.length), items))
  }
  const clawback = vsize('cold', unvault, deep_cold.script)
  return {
    unvault: vsize('multi', deposit, unvault.script),
    clawback,
    // Before a fee coin joins.
    'anyone-can-pay': clawback,
    anchored: vsize('cold', unvault, deep_cold.script, ANCHOR_SCRIPT),
    emergency: vsize('multi', deposit, deep_cold.script),
    'dead-man': staging === null ? 0 : vsize('multi', deposit, staging.script),
  }
}

/** To four decimals, rounded down. */
export function percentOf(fee: Sats, value: Sats): number {
  return Number((fee * 1_000_000n) / value) / 10_000
}

type Budget = Pick<VaultPlan, 'deposit' | 'max_clawback_fee_percent' | 'rungs' | 'fee_coins'>

function ladderOf(rungs: Ladders, purpose: Capped): readonly Feerate[] {
  switch (purpose) {
    case 'unvault':
      return rungs.unvault
    case 'clawback':
      return rungs.clawback
    case 'emergency':
      return rungs.emergency
    case 'dead-man':
      return rungs.dead_man
    default:
      return assertNever(purpose)
  }
}

/** What of the ladders and means the vault can afford, and what is left out. */
export function affordable(
  budget: Budget,
  vsizes: Vsizes,
): Pick<Budget, 'rungs' | 'fee_coins'> & { readonly left_out: readonly LeftOutRung[] } {
  const { value } = budget.deposit
  const percent = budget.max_clawback_fee_percent
  const left_out: LeftOutRung[] = []
  const fit = (purpose: Capped): Feerate[] =>
    ladderOf(budget.rungs, purpose).filter((feerate) => {
      const fee = feeFor(vsizes[purpose], feerate)
      if (fee * 100n <= value * BigInt(percent)) return true
      const share = percentOf(fee, value)
      const reason =
        `${purpose} at ${feerate / 1000} sat/vB costs ${fee} sat, ${share} % of the vault; ` +
        `the limit is ${percent} %`
      left_out.push({ purpose, feerate, fee, percent: share, reason })
      return false
    })
  const unvault = fit('unvault')
  const clawback = fit('clawback')
  const anyone_can_pay = budget.fee_coins.anyone_can_pay && outbids(clawback)
  if (budget.fee_coins.anyone_can_pay && !anyone_can_pay) left_out.push(unsafeMeans(value, vsizes))
  return {
    rungs: { unvault, clawback, emergency: fit('emergency'), dead_man: fit('dead-man') },
    fee_coins: { ...budget.fee_coins, anyone_can_pay },
    left_out,
  }
}

function unsafeMeans(value: Sats, vsizes: Vsizes): LeftOutRung {
  const feerate = OUTBIDDING_FEERATE
  const fee = feeFor(vsizes.clawback, feerate)
  const reason =
    'the anyone-can-pay clawback, because strangers could pad it until no clawback of this vault replaces it: that takes ' +
    `a rung of ${feerate / 1000} sat/vB (${fee} sat), which this vault cannot afford`
  return { purpose: 'anyone-can-pay', feerate, fee, percent: percentOf(fee, value), reason }
}

/**
 * Refuses a vault too small for its ladders.
 * @param asked the ladders before anything was left out, for the numbers in the sentence
 * @throws VaultError `vault-too-small`
 */
export function checkAffordable(plan: Budget, asked: Ladders, scripts: VaultScripts, vsizes: Vsizes): void {
  const { value } = plan.deposit
  const percent = BigInt(plan.max_clawback_fee_percent)
  const heir = asked.dead_man.length > 0
  const needed = [
    ...asked.unvault.slice(0, 1).map((rate) => feeFor(vsizes.unvault, rate)),
    ...asked.clawback.slice(0, MIN_CLAWBACK_RUNGS).map((rate) => feeFor(vsizes.clawback, rate)),
    ...asked.emergency.slice(0, 1).map((rate) => feeFor(vsizes.emergency, rate)),
    ...asked.dead_man.slice(0, 1).map((rate) => feeFor(vsizes['dead-man'], rate)),
  ]
  const dearest = needed.reduce((most, fee) => (fee > most ? fee : most), 0n)
  const { unvault, clawback, emergency, dead_man } = plan.rungs
  if (unvault.length < 1 || clawback.length < MIN_CLAWBACK_RUNGS || emergency.length < 1 || (heir && dead_man.length < 1)) {
    const lowest = heir
      ? 'the lowest unvault, the two lowest clawback rungs, the lowest emergency rung and the lowest dead-man rung'
      : 'the lowest unvault, the two lowest clawback rungs and the lowest emergency rung'
    throw new VaultError(
      'vault-too-small',
      `${lowest} cost up to ${dearest} sat; ` +
        `${percent} % of a vault of ${value} sat is ${(value * percent) / 100n} sat`,
      `Vault at least ${(dearest * 100n + percent - 1n) / percent} sat, choose a smaller profile, ` +
        'or raise max_clawback_fee_percent.',
    )
  }
  checkDust(plan, scripts, vsizes)
}

/** What the dearest unvault and the dearest rung leave must still be an output that nodes relay. */
function checkDust(plan: Budget, scripts: VaultScripts, vsizes: Vsizes): void {
  const dearest = (purpose: Purpose, ladder: readonly Feerate[]): bigint =>
    feeFor(vsizes[purpose], ladder.at(-1) ?? (0 as Feerate))
  const { unvault, clawback, emergency, dead_man } = plan.rungs
  const unvaulted = plan.deposit.value - dearest('unvault', unvault)
  const anchored = plan.fee_coins.anchored ? feeFor(vsizes.anchored, FEE_COIN_FEERATE) + ANCHOR_VALUE : 0n
  const dearestClawback = dearest('clawback', clawback)
  const left = unvaulted - (anchored > dearestClawback ? anchored : dearestClawback)
  const rescued = plan.deposit.value - dearest('emergency', emergency)
  const staged = plan.deposit.value - dearest('dead-man', dead_man)
  const dust = dustThreshold(scripts.deep_cold.script)
  const unvaultDust = dustThreshold(scripts.unvault.script)
  if (unvaulted >= unvaultDust && left >= dust && rescued >= dust && staged >= unvaultDust) return
  throw new VaultError(
    'vault-too-small',
    `of ${plan.deposit.value} sat the dearest unvault and clawback leave ${left} sat, ` +
      `the dearest emergency ${rescued} sat` +
      (dead_man.length > 0 ? ` and the dearest dead-man ${staged} sat; ` : '; ') +
      `below ${dust} sat no node relays it`,
    'Vault more, or choose a smaller profile.',
  )
}
