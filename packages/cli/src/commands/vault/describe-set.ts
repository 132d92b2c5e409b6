/** A signed recovery set in words. The bytes of its transactions are a secret and in none of them. */
import { type SignedRecoverySet, scriptsOf } from '@belfry/client'
import { type JsonObject, satPerVb, table } from '../../output/index.ts'

export function setJson({ plan, transactions }: SignedRecoverySet): JsonObject {
  const { deep_cold } = scriptsOf(plan)
  return {
    deposit: { outpoint: plan.deposit.outpoint, value_sats: Number(plan.deposit.value) },
    deep_cold: { address: deep_cold.address, descriptor: deep_cold.descriptor },
    transactions: transactions.map(({ id, txid, feerate, fee, vsize }) => ({
      id,
      txid,
      sat_vb: feerate / 1000,
      fee_sats: Number(fee),
      vsize,
    })),
  }
}

export function describeSet({ plan, transactions }: SignedRecoverySet): string[] {
  return [
    `${transactions.length} transactions signed and verified for the vault of ${plan.deposit.value} sat at ${plan.deposit.outpoint}.`,
    ...table(
      transactions.map(({ id, txid, feerate, fee, vsize }) => [
        `  ${id}`,
        txid,
        satPerVb(feerate),
        `${fee} sat`,
        `${vsize} vB`,
      ]),
      [2, 3, 4],
    ),
  ]
}
