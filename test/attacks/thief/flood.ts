/** Junk that fills mempools and blocks. */
import type { Loot } from './loot.ts'
import type { Teller } from './telling.ts'
import { spendOwn } from './transactions.ts'

/** Of 43 vB each: just under the 100 kvB that one transaction may have. */
const OUTPUTS = 2_300

/** One large transaction for each of his coins, each at a feerate above the one before. */
export async function flood(loot: Loot, teller: Teller, [from_sat_vb = 1, step_sat_vb = 1]: readonly number[]): Promise<void> {
  const coins = await loot.coins()
  for (const [at, coin] of coins.entries()) {
    const sat_vb = from_sat_vb + at * step_sat_vb
    const { raw, fee } = spendOwn({ version: 2, anchors: [], coins: [coin], padding: OUTPUTS, sat_vb })
    await teller.send({ tried: `junk at ${sat_vb} sat/vB`, raw, fee_sats: fee, own_sats: fee })
  }
}
