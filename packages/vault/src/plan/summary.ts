import { assertNever, type Feerate, type Sats, type Txid } from '@belfry/protocol/primitives'
import { buildRecoverySet, type UnsignedTransaction } from '../recovery-set/build.ts'
import type { Place, TransactionId } from '../recovery-set/places.ts'
import { percentOf } from './ladder.ts'
import { scriptsOf, type VaultPlan } from './plan.ts'

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
}

export function summaryOf(plan: VaultPlan): PlanSummary {
  const { unvault, deep_cold } = scriptsOf(plan)
  const transactions = buildRecoverySet(plan).map(({ id, txid, place, feerate, fee, pays }: UnsignedTransaction) => ({
    id,
    txid,
    purpose: purposeSentence(place, plan),
    feerate,
    fee,
    fee_percent: percentOf(fee, plan.deposit.value),
    pays: pays.value,
    to: place.purpose === 'unvault' ? unvault.address : deep_cold.address,
  }))
  const signers = plan.cold.threshold
  return { transactions, signers, signatures: signers * transactions.length }
}

/** The same as lines of text. */
export function summaryLines(plan: VaultPlan): string[] {
  const { transactions, signers, signatures } = summaryOf(plan)
  const { deposit, cold, csv, network, act_at } = plan
  const { deep_cold } = scriptsOf(plan)
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
    `Deep cold, compare this with your own record: ${deep_cold.address}`,
    deep_cold.descriptor,
  ]
}

function purposeSentence(place: Place, { csv }: VaultPlan): string {
  switch (place.purpose) {
    case 'unvault':
      return `begins a spend: to the hot key after ${csv} blocks, to the cold keys at any time`
    case 'clawback':
      return `takes unvault-${place.variant} back to deep cold`
    case 'emergency':
      return 'brings the deposit to deep cold at once'
    default:
      return assertNever(place)
  }
}
