import { assertNever, type Feerate, type Sats, type Txid } from '@belfry/protocol/primitives'
import { buildRecoverySet, type UnsignedTransaction } from '../recovery-set/build.ts'
import { type Place, type TransactionId, variantClawedBack } from '../recovery-set/places.ts'
import { percentOf } from './ladder.ts'
import { scriptsOf, type VaultPlan, type VaultScripts } from './plan.ts'

/** What a person must understand before signing. */
export interface PlanSummary {
  readonly transactions: readonly {
    readonly id: TransactionId
    readonly txid: Txid
    readonly purpose: string
    readonly feerate: Feerate
    readonly fee: Sats
    /** Of the deposit. */
    readonly fee_percent: number
    readonly pays: Sats
    readonly to: string
  }[]
  /** Cold keys that sign each transaction. */
  readonly signers: number
  /** All signatures of all signers together. */
  readonly signatures: number
  /** What to do from here, in this order; empty where the order does not matter. */
  readonly steps: readonly string[]
}

export function summaryOf(plan: VaultPlan): PlanSummary {
  const scripts = scriptsOf(plan)
  const transactions = buildRecoverySet(plan).map(({ id, txid, place, feerate, fee, pays }: UnsignedTransaction) => ({
    id,
    txid,
    purpose: purposeSentence(place, plan),
    feerate,
    fee,
    fee_percent: percentOf(fee, plan.deposit.value),
    pays: pays.value,
    to: addressOf(place, scripts),
  }))
  const signers = plan.cold.threshold
  return { transactions, signers, signatures: signers * transactions.length, steps: stepsOf(plan, scripts) }
}

/** The same as lines of text. */
export function summaryLines(plan: VaultPlan): string[] {
  const { transactions, signers, signatures, steps } = summaryOf(plan)
  const { deposit, cold, csv, network, act_at } = plan
  const { deep_cold, staging } = scriptsOf(plan)
  return [
    `Vault of ${deposit.value} sat at ${deposit.outpoint} on ${network}`,
    `${transactions.length} transactions, each signed by ${signers} of ${cold.keys.length} cold keys: ` +
      `${signatures} signatures`,
    ...transactions.map(
      (item) =>
        `${item.id}: ${item.purpose}; ${item.feerate / 1000} sat/vB, fee ${item.fee} sat (${item.fee_percent} %)`,
    ),
    `The hot key can spend ${csv} blocks after an unvault confirms; until then a clawback takes the coin to deep cold.`,
    act_at === 'confirmation'
      ? 'Members act on a theft once the unvault has confirmed.'
      : 'Members act on a theft as soon as the unvault is in the mempool.',
    ...deadManLines(plan),
    `Deep cold, compare this with your own record: ${deep_cold.address}`,
    deep_cold.descriptor,
    ...(staging === null ? [] : ['Staging, for the heir:', staging.descriptor]),
    ...(steps.length === 0 ? [] : ['In this order, and no other:', ...steps.map((step, at) => `${at + 1}. ${step}`)]),
  ]
}

function deadManLines({ dead_man, signing }: VaultPlan): string[] {
  if (dead_man === null) return []
  const { heir, after, staging_csv } = dead_man
  const undone =
    signing === 'presigned'
      ? 'until then your cold keys can take it back.'
      : 'nobody can take it back until then, for the cold keys are destroyed.'
  return [
    `The heir ${heir}: a deposit that rested for ${after} blocks can be brought to staging. The heir can spend it there ` +
      `after ${staging_csv} blocks; ${undone}`,
  ]
}

function stepsOf({ signing, deposit, cold }: VaultPlan, scripts: VaultScripts): string[] {
  switch (signing) {
    case 'presigned':
      return []
    case 'ephemeral':
      return [
        'Make cold keys for this vault alone (belfry vault keys), kept where they can be destroyed for good.',
        `Make the transaction that funds ${scripts.deposit.address} with ${deposit.value} sat as ${deposit.outpoint}. ` +
          'It spends segwit coins only, so that its txid stays. Do not broadcast it.',
        'Sign the recovery set (belfry vault sign), and verify it on a second device, together with the signed funding ' +
          'transaction (belfry vault verify --funding FILE).',
        'Enrol the vault (belfry vault enrol) until enough members hold receipts.',
        `Destroy every cold key and every copy of it: whoever kept ${cold.threshold} of the ${cold.keys.length} can still steal.`,
        'Broadcast the funding transaction, and see that it confirms with this txid.',
      ]
    default:
      return assertNever(signing)
  }
}

function addressOf(place: Place, { unvault, deep_cold, staging }: VaultScripts): string {
  if (place.purpose === 'unvault') return unvault.address
  return place.purpose === 'dead-man' && staging !== null ? staging.address : deep_cold.address
}

function purposeSentence(place: Place, plan: VaultPlan): string {
  const back = `takes unvault-${variantClawedBack(place)} back to deep cold`
  switch (place.purpose) {
    case 'unvault':
      return plan.signing === 'presigned'
        ? `begins a spend: to the hot key after ${plan.csv} blocks, to the cold keys at any time`
        : `begins a spend: to the hot key after ${plan.csv} blocks, back by a clawback of this set until then`
    case 'clawback':
      return back
    case 'anyone-can-pay':
      return `${back} with a coin of a member's own as further fee, when the whole ladder is too low`
    case 'anchored':
      return `${back}; a member's child transaction can pay for it, when the whole ladder is too low`
    case 'emergency':
      return 'brings the deposit to deep cold at once'
    case 'dead-man':
      return `brings the deposit to staging for the heir, once it rested for ${plan.dead_man?.after ?? 0} blocks`
    default:
      return assertNever(place)
  }
}
