import { type Feerate, MAX_SATS, type Sats } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import { checkDistinct, checkKeySet } from '../scripts/keys.ts'
import { MAX_CSV, minCsv, minStagingCsv } from '../scripts/network.ts'
import type { WshScript } from '../scripts/wsh.ts'
import { MAX_FEERATE, MIN_FEERATE, MIN_FEERATE_STEP } from '../transaction/fees.ts'
import { OUTBIDDING_FEERATE, outbids } from './fee-coins.ts'
import { affordable, checkAffordable, MIN_CLAWBACK_RUNGS, vsizesOf } from './ladder.ts'
import { MAX_RUNGS, scriptsOf, type VaultPlan } from './plan.ts'

/**
 * Every rule that a plan must keep, except affordability.
 * @throws VaultError with the rule's code
 */
export function checkTerms(plan: VaultPlan): void {
  checkKeySet(plan.cold, 'cold')
  if (plan.deep_cold.kind === 'multi') checkKeySet(plan.deep_cold, 'deep-cold')
  const deepCold = plan.deep_cold.kind === 'multi' ? plan.deep_cold.keys : []
  const heir = plan.dead_man === null ? [] : [plan.dead_man.heir]
  const whose = heir.length === 0 ? 'cold, hot and deep-cold keys' : 'cold, hot, deep-cold and heir keys'
  checkDistinct([...plan.cold.keys, plan.hot, ...deepCold, ...heir], whose)
  checkCsv(plan)
  checkValue(plan.deposit.value)
  checkPercent(plan.max_clawback_fee_percent)
  checkLadder(plan.rungs.unvault, 1, 'unvault')
  checkLadder(plan.rungs.clawback, MIN_CLAWBACK_RUNGS, 'clawback')
  checkLadder(plan.rungs.emergency, 1, 'emergency')
  checkDeadMan(plan)
  checkFeeCoins(plan)
}

/**
 * All rules. The plan is then good to build from.
 * @throws VaultError with the rule's code
 */
export function checkPlan(plan: VaultPlan): void {
  checkTerms(plan)
  const scripts = scriptsOf(plan)
  const { deposit, unvault, staging } = scripts
  checkDestination(scripts.deep_cold.address, [deposit, unvault, ...(staging ? [staging] : [])])
  const vsizes = vsizesOf(scripts, plan.cold.threshold)
  const { rungs, left_out } = affordable(plan, vsizes)
  checkAffordable({ ...plan, rungs }, plan.rungs, scripts, vsizes)
  const [tooDear] = left_out
  if (tooDear === undefined) return
  throw new VaultError('feerates-invalid', tooDear.reason, 'Make the plan anew: it leaves such rungs out.')
}

function checkCsv({ csv, network }: VaultPlan): void {
  const least = minCsv(network)
  if (Number.isInteger(csv) && csv >= least && csv <= MAX_CSV) return
  throw new VaultError(
    'csv-out-of-range',
    `a window of ${csv} blocks is not possible on ${network}`,
    `Choose ${least} to ${MAX_CSV} blocks.`,
  )
}

function checkValue(value: Sats): void {
  if (value > 0n && value <= MAX_SATS) return
  throw new VaultError(
    'vault-too-small',
    `a deposit of ${value} sat is no vault`,
    'Name the value of the deposit output in satoshis.',
  )
}

function checkPercent(percent: number): void {
  if (Number.isInteger(percent) && percent >= 1 && percent <= 50) return
  throw new VaultError(
    'percent-out-of-range',
    `max_clawback_fee_percent cannot be ${percent}`,
    'Choose a whole number from 1 to 50; 2 is usual.',
  )
}

function checkLadder(rungs: readonly Feerate[], least: number, purpose: string): void {
  const fits = (rung: number): boolean => Number.isInteger(rung) && rung >= MIN_FEERATE && rung <= MAX_FEERATE
  const rises = rungs.every((rung, index) => index === 0 || rung - (rungs[index - 1] ?? 0) >= MIN_FEERATE_STEP)
  if (rungs.length >= least && rungs.length <= MAX_RUNGS && rungs.every(fits) && rises) return
  throw new VaultError(
    'feerates-invalid',
    `the ${purpose} rungs ${rungs.slice(0, MAX_RUNGS).join(', ')} sat/kvB are not a ladder`,
    `Name ${least} to ${MAX_RUNGS} feerates from ${MIN_FEERATE} to ${MAX_FEERATE} sat/kvB, ` +
      `each at least ${MIN_FEERATE_STEP} above the last.`,
  )
}

/** With no heir there is no ladder; with one it has a rung, a rest that nSequence can say, and time to take back. */
function checkDeadMan({ dead_man, rungs, network }: VaultPlan): void {
  if (dead_man === null) {
    if (rungs.dead_man.length === 0) return
    throw new VaultError('dead-man-invalid', 'the plan has dead-man rungs and no heir', 'Name an heir, or no such rungs.')
  }
  checkLadder(rungs.dead_man, 1, 'dead-man')
  const { after, staging_csv } = dead_man
  const least = minStagingCsv(network)
  const fits = (blocks: number, from: number): boolean => Number.isInteger(blocks) && blocks >= from && blocks <= MAX_CSV
  if (fits(after, 1) && fits(staging_csv, least)) return
  throw new VaultError(
    'dead-man-invalid',
    `a dead man's transaction after ${after} blocks with ${staging_csv} blocks of staging is not possible on ${network}`,
    `Choose 1 to ${MAX_CSV} blocks of rest, and ${least} to ${MAX_CSV} blocks of staging.`,
  )
}

function checkFeeCoins({ fee_coins, rungs }: VaultPlan): void {
  if (!fee_coins.anyone_can_pay || outbids(rungs.clawback)) return
  throw new VaultError(
    'fee-coins-unsafe',
    `an anyone-can-pay clawback without a clawback rung of ${OUTBIDDING_FEERATE / 1000} sat/vB is a gift to who pads it`,
    'Make the plan anew: it adds that rung, or leaves this means out.',
  )
}

function checkDestination(address: string, own: readonly WshScript[]): void {
  if (!own.some((script) => script.address === address)) return
  throw new VaultError(
    'address-invalid',
    `the deep-cold address ${address} is one of the vault's own`,
    'Bring the coin to keys that the thief of the hot or cold keys does not hold.',
  )
}
