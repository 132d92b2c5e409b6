import type { Feerate, Sats } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import { type Branch, witnessStack } from '../scripts/wsh.ts'
import { dustThreshold, feeFor, MAX_SIGNATURE_BYTES, singleInputWeight, vsizeOfWeight } from '../transaction/fees.ts'
import type { Ladders, VaultPlan, VaultScripts } from './plan.ts'

export type Purpose = keyof Ladders

/** A rung that was asked for and would cost too much. */
export interface LeftOutRung {
  readonly purpose: 'clawback' | 'emergency'
  readonly feerate: Feerate
  readonly fee: Sats
  /** Of the deposit. */
  readonly percent: number
  readonly reason: string
}

/** Two, so that a clawback which a rising market leaves behind can still be replaced. */
export const MIN_CLAWBACK_RUNGS = 2

/** Sizes of the signed transactions at worst: every signature with its longest encoding. */
export function vsizesOf(scripts: VaultScripts, threshold: number): { readonly [P in Purpose]: number } {
  const { deposit, unvault, deep_cold } = scripts
  const signatures = Array.from({ length: threshold }, () => new Uint8Array(MAX_SIGNATURE_BYTES))
  const vsize = (branch: Branch, from: { witness_script: Uint8Array }, to: { script: Uint8Array }): number => {
    const items = witnessStack(branch, signatures, from.witness_script).map((item) => item.length)
    return vsizeOfWeight(singleInputWeight(to.script.length, items))
  }
  return {
    unvault: vsize('multi', deposit, unvault),
    clawback: vsize('cold', unvault, deep_cold),
    emergency: vsize('multi', deposit, deep_cold),
  }
}

/** To four decimals, rounded down. */
export function percentOf(fee: Sats, value: Sats): number {
  return Number((fee * 1_000_000n) / value) / 10_000
}

type Budget = Pick<VaultPlan, 'deposit' | 'max_clawback_fee_percent' | 'rungs'>

/** Divides the clawback and emergency ladders into rungs that the vault can afford and rungs that are left out. */
export function affordable(
  budget: Budget,
  vsizes: { readonly [P in Purpose]: number },
): { readonly rungs: Ladders; readonly left_out: readonly LeftOutRung[] } {
  const { value } = budget.deposit
  const percent = budget.max_clawback_fee_percent
  const left_out: LeftOutRung[] = []
  const fit = (purpose: 'clawback' | 'emergency'): Feerate[] =>
    budget.rungs[purpose].filter((feerate) => {
      const fee = feeFor(vsizes[purpose], feerate)
      if (fee * 100n <= value * BigInt(percent)) return true
      const share = percentOf(fee, value)
      const reason =
        `${purpose} at ${feerate / 1000} sat/vB costs ${fee} sat, ${share} % of the vault; ` +
        `the limit is ${percent} %`
      left_out.push({ purpose, feerate, fee, percent: share, reason })
      return false
    })
  return {
    rungs: { unvault: [...budget.rungs.unvault], clawback: fit('clawback'), emergency: fit('emergency') },
    left_out,
  }
}

/**
 * Refuses a vault too small for its ladders.
 * @param asked the ladders before anything was left out, for the numbers in the sentence
 * @throws VaultError `vault-too-small`
 */
export function checkAffordable(
  plan: Budget,
  asked: Ladders,
  scripts: VaultScripts,
  vsizes: { readonly [P in Purpose]: number },
): void {
  const { value } = plan.deposit
  const percent = BigInt(plan.max_clawback_fee_percent)
  const needed = [
    ...asked.clawback.slice(0, MIN_CLAWBACK_RUNGS).map((rate) => feeFor(vsizes.clawback, rate)),
    ...asked.emergency.slice(0, 1).map((rate) => feeFor(vsizes.emergency, rate)),
  ]
  const dearest = needed.reduce((most, fee) => (fee > most ? fee : most), 0n)
  if (plan.rungs.clawback.length < MIN_CLAWBACK_RUNGS || plan.rungs.emergency.length < 1) {
    throw new VaultError(
      'vault-too-small',
      `the two lowest clawback rungs and the lowest emergency rung cost up to ${dearest} sat; ` +
        `${percent} % of a vault of ${value} sat is ${(value * percent) / 100n} sat`,
      `Vault at least ${(dearest * 100n + percent - 1n) / percent} sat, name lower rungs, ` +
        'or raise max_clawback_fee_percent.',
    )
  }
  checkDust(plan, scripts, vsizes)
}

/** What the dearest unvault and the dearest rung leave must still be an output that nodes relay. */
function checkDust(plan: Budget, scripts: VaultScripts, vsizes: { readonly [P in Purpose]: number }): void {
  const dearest = (purpose: Purpose): bigint => feeFor(vsizes[purpose], plan.rungs[purpose].at(-1) ?? (0 as Feerate))
  const unvaulted = plan.deposit.value - dearest('unvault')
  const left = unvaulted - dearest('clawback')
  const rescued = plan.deposit.value - dearest('emergency')
  const dust = dustThreshold(scripts.deep_cold.script)
  if (unvaulted >= dustThreshold(scripts.unvault.script) && left >= dust && rescued >= dust) return
  throw new VaultError(
    'vault-too-small',
    `of ${plan.deposit.value} sat the dearest unvault and clawback leave ${left} sat, ` +
      `and the dearest emergency ${rescued} sat; ` +
      `below ${dust} sat no node relays it`,
    'Vault more, or name lower rungs.',
  )
}
