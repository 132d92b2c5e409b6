/** What a stranger can do to a recovery transaction in the mempool that lets others add to it: A by inputs, P by children. */
import { Transaction } from 'bitcoinjs-lib'
import { outpointOf, sats, toHex } from '../../../packages/protocol/src/primitives/index.ts'
import { unvaultOf } from './hot.ts'
import type { Loot, OwnCoin } from './loot.ts'
import type { Teller } from './telling.ts'
import { P2A_SCRIPT, addOwnCoins, spendOwn, sumOf, txidOf } from './transactions.ts'

/** More than a replacement must add for its own size. */
const EXIT_SATS = 500n

/** What spends U:0 in his mempool. */
async function recoveryOf(loot: Loot, { bitcoind }: Teller, variant: number): Promise<Transaction> {
  const { transaction } = await unvaultOf(loot, variant)
  const [found] = await bitcoind.getTxSpendingPrevout([outpointOf(txidOf(transaction), 0)])
  const raw = found?.spender ? await bitcoind.getRawTransaction(found.spender) : null
  if (raw === null) throw new RangeError('nothing spends U:0 in his mempool')
  return Transaction.fromBuffer(raw)
}

/** The transaction of somebody else with his coins appended; valid only where every signature is ANYONECANPAY. */
function withCoins(recovery: Transaction, coins: readonly OwnCoin[]): Uint8Array {
  const inflated = recovery.clone()
  addOwnCoins(inflated, coins)
  return inflated.toBuffer()
}

/** The coin of the vault alone, and all outputs: what a SIGHASH_ALL|ANYONECANPAY signature holds together. */
function strippedOf(recovery: Transaction): Transaction {
  const stripped = recovery.clone()
  stripped.ins = stripped.ins.slice(0, 1)
  return stripped
}

/** Fee that the vault's own coin pays in it: all inputs but the first are fee coins, which leave no change. */
async function ownFeeOf(loot: Loot, recovery: Transaction, variant: number): Promise<bigint> {
  const { transaction } = await unvaultOf(loot, variant)
  const paid = recovery.outs.reduce((sum, { value }) => sum + value, 0n)
  return (transaction.outs[0]?.value ?? 0n) - paid
}

/** Appends this many junk inputs to whatever spends U:0: as it stands, and without the fee coin that stands in it. */
export async function inflate(loot: Loot, teller: Teller, [variant = 0, inputs = 1]: readonly number[]): Promise<void> {
  const recovery = await recoveryOf(loot, teller, variant)
  const coins = (await loot.coins()).slice(0, inputs)
  const own = sumOf(coins)
  const fee_sats = (await ownFeeOf(loot, recovery, variant)) + own
  const move = { fee_sats, own_sats: own }
  await teller.send({ tried: `${inputs} junk inputs appended to it as it stands`, raw: withCoins(recovery, coins), ...move })
  await teller.send({ tried: `${inputs} junk inputs in place of its fee coin`, raw: withCoins(strippedOf(recovery), coins), ...move })
}

/** A child on the anchor of whatever spends U:0, padded to pin it. */
export async function anchorChild(loot: Loot, teller: Teller, [variant = 0, padding = 0, sat_vb = 1, version = 3]: readonly number[]): Promise<void> {
  const recovery = await recoveryOf(loot, teller, variant)
  const anchor = anchorOf(recovery)
  if (anchor === null) throw new RangeError('what spends U:0 has no anchor')
  const coins = await largestOf(loot)
  const { raw, fee, own } = spendOwn({ version, anchors: [anchor], coins, padding, sat_vb })
  await teller.send({ tried: `child of version ${version} with ${padding} outputs on P2A at ${sat_vb} sat/vB`, raw, fee_sats: fee, own_sats: own })
}

/**
 * Replacement cycling, its first half: takes the place of the transaction with one that has a coin of his own in it. The second half
 * must wait until that has gone round.
 */
export async function cycleIn(loot: Loot, teller: Teller, [variant = 0]: readonly number[]): Promise<void> {
  const recovery = await recoveryOf(loot, teller, variant)
  const [joined] = await cycledCoins(loot)
  const fee_sats = (await ownFeeOf(loot, recovery, variant)) + joined.value
  const raw = withCoins(strippedOf(recovery), [joined])
  await teller.send({ tried: 'a coin of his own in place of its fee coin', raw, fee_sats, own_sats: joined.value })
}

/** Spends that coin elsewhere, so that the transaction is out of the mempool and nothing is in its place. */
export async function cycleOut(loot: Loot, teller: Teller, [variant = 0]: readonly number[]): Promise<void> {
  const coins = await cycledCoins(loot)
  const recovery = await recoveryOf(loot, teller, variant)
  // Replacing costs more than all that it throws out.
  const fee = (await ownFeeOf(loot, recovery, variant)) + coins[0].value + EXIT_SATS
  const exit = spendOwn({ version: 2, anchors: [], coins, padding: 0, sat_vb: 0, fee })
  await teller.send({ tried: 'that coin spent elsewhere', raw: exit.raw, fee_sats: exit.fee, own_sats: exit.own })
}

/** The one that goes in and out, and one that pays for it. */
async function cycledCoins(loot: Loot): Promise<[OwnCoin, OwnCoin]> {
  const [joined, further] = await loot.coins()
  if (joined === undefined || further === undefined) throw new RangeError('the thief has too few coins')
  return [joined, further]
}

async function largestOf(loot: Loot): Promise<OwnCoin[]> {
  const coins = await loot.coins()
  return coins.toSorted((a, b) => Number(b.value - a.value)).slice(0, 1)
}

function anchorOf(recovery: Transaction): OwnCoin | null {
  const vout = recovery.outs.findIndex(({ script }) => toHex(script) === toHex(P2A_SCRIPT))
  const output = recovery.outs[vout]
  return output === undefined ? null : { outpoint: outpointOf(txidOf(recovery), vout), value: sats(Number(output.value)) }
}
