/** A thief with most of the hash power: he takes blocks back, and mines others in their place. */
import type { Feerate } from '../../../packages/protocol/src/primitives/index.ts'
import { buildHotSpend } from '../../../packages/vault/src/index.ts'
import { unvaultOf } from './hot.ts'
import { type Loot, THIEF_SCRIPT } from './loot.ts'
import { type Teller, minerAddress } from './telling.ts'
import { txidOf } from './transactions.ts'

const SAT_PER_KVB = 1_000

/**
 * Undoes `depth` blocks and mines one more than that, none of which holds a clawback. In each he tries his own spend of U:0 first;
 * where U itself was undone he mines the variant that he names.
 */
export async function reorg(loot: Loot, teller: Teller, [depth = 1, variant = 0, sat_vb = 500]: readonly number[]): Promise<void> {
  const { bitcoind } = teller
  const { plan } = await loot.unvaults()
  const sign = await loot.hotKey()
  const { transaction, raw, fee } = await unvaultOf(loot, variant)
  const spend = buildHotSpend(plan, txidOf(transaction), THIEF_SCRIPT, (sat_vb * SAT_PER_KVB) as Feerate, sign)
  const { blocks } = await bitcoind.getBlockchainInfo()
  const undone = await bitcoind.getBlockHash(blocks - depth + 1)
  if (undone === null) throw new RangeError('there are not so many blocks')
  await bitcoind.invalidateBlock(undone)

  let isTaken = false
  for (let mined = 1; mined <= depth + 1; mined++) {
    if ((await bitcoind.getTxOut(plan.deposit.outpoint, false)) !== null) {
      await teller.mine({ tried: `unvault ${variant} in block ${mined} of his branch`, raw, fee_sats: fee })
      continue
    }
    const tried = `his spend of U:0 at ${sat_vb} sat/vB in block ${mined} of his branch`
    if (!isTaken) isTaken = await teller.mine({ tried, raw: spend.raw, fee_sats: spend.fee })
    if (isTaken && (await bitcoind.getBlockchainInfo()).blocks >= blocks - depth + mined) continue
    await bitcoind.generateBlock(await minerAddress(bitcoind), [])
  }
}
