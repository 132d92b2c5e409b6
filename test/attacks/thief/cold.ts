/** What enough cold keys are good for: a race for the deposit itself. */
import type { Feerate } from '../../../packages/protocol/src/primitives/index.ts'
import { buildColdSpend } from '../../../packages/vault/src/index.ts'
import { type Loot, THIEF_SCRIPT } from './loot.ts'
import type { Teller } from './telling.ts'

const SAT_PER_KVB = 1_000

/** Pays the deposit to himself, at each feerate in turn. */
export async function coldSpend(loot: Loot, teller: Teller, feerates: readonly number[]): Promise<void> {
  for (const move of await coldMoves(loot, feerates)) await teller.send(move)
}

/** As a miner: in a block that nobody saw coming. */
export async function mineColdSpend(loot: Loot, teller: Teller, feerates: readonly number[]): Promise<void> {
  for (const move of await coldMoves(loot, feerates)) await teller.mine(move)
}

export async function coldMoves(loot: Loot, feerates: readonly number[]) {
  const { plan } = await loot.unvaults()
  const { keys, sign } = await loot.coldKeys()
  return feerates.map((sat_vb) => {
    const { raw, fee } = buildColdSpend(plan, keys, THIEF_SCRIPT, (sat_vb * SAT_PER_KVB) as Feerate, sign)
    return { tried: `spend the deposit with the cold keys at ${sat_vb} sat/vB`, raw, fee_sats: fee }
  })
}
