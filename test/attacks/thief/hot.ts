/** What the hot key and the unvault transactions are good for. */
import { Transaction } from 'bitcoinjs-lib'
import { type Feerate, outpointOf } from '../../../packages/protocol/src/primitives/index.ts'
import { buildHotSpend } from '../../../packages/vault/src/index.ts'
import { type Loot, THIEF_SCRIPT } from './loot.ts'
import type { Teller } from './telling.ts'
import { hotChild, spendOwn, txidOf } from './transactions.ts'

const SAT_PER_KVB = 1_000
/** nSequence that asks for no wait. */
const NO_WAIT = 0xffff_fffd
const CHILD_FEE = 20_000n

interface Unvault {
  readonly transaction: Transaction
  readonly raw: Uint8Array
  readonly fee: bigint
}

export async function unvaultOf(loot: Loot, variant: number): Promise<Unvault> {
  const { plan, unvaults } = await loot.unvaults()
  const raw = unvaults[variant]?.raw
  if (raw === undefined) throw new RangeError(`the thief holds no unvault ${variant}`)
  const transaction = Transaction.fromBuffer(raw)
  return { transaction, raw, fee: plan.deposit.value - (transaction.outs[0]?.value ?? 0n) }
}

/** Sends one U. */
export async function unvault(loot: Loot, teller: Teller, [variant = 0]: readonly number[]): Promise<void> {
  const { raw, fee } = await unvaultOf(loot, variant)
  await teller.send({ tried: `unvault ${variant}`, raw, fee_sats: fee })
}

/** As a miner: a block with this U alone. */
export async function mineUnvault(loot: Loot, teller: Teller, [variant = 0]: readonly number[]): Promise<void> {
  const { raw, fee } = await unvaultOf(loot, variant)
  await teller.mine({ tried: `mine unvault ${variant}`, raw, fee_sats: fee })
}

/** Spends U:0 with the hot key as the script asks, at each feerate in turn. */
export async function hotSpend(loot: Loot, teller: Teller, [variant = 0, ...feerates]: readonly number[]): Promise<void> {
  const { plan } = await loot.unvaults()
  const { transaction } = await unvaultOf(loot, variant)
  const sign = await loot.hotKey()
  for (const sat_vb of feerates) {
    const spend = buildHotSpend(plan, txidOf(transaction), THIEF_SCRIPT, (sat_vb * SAT_PER_KVB) as Feerate, sign)
    await teller.send({ tried: `spend U:0 with the hot key at ${sat_vb} sat/vB`, raw: spend.raw, fee_sats: spend.fee })
  }
}

/** Everything that could hang on U: to pin it, to bump it, to take its output early. */
export async function children(loot: Loot, teller: Teller, [variant = 0]: readonly number[]): Promise<void> {
  const { plan } = await loot.unvaults()
  const { transaction, raw } = await unvaultOf(loot, variant)
  const sign = await loot.hotKey()
  const [coin] = await loot.coins()
  if (coin === undefined) throw new RangeError('the thief has no coin')
  for (const version of [2, 3]) {
    for (const [name, sequence] of [['the script\'s own wait', plan.csv], ['no wait', NO_WAIT]] as const) {
      const child = { raw: hotChild(plan, transaction, sign, { version, sequence, fee: CHILD_FEE }), fee_sats: CHILD_FEE }
      await teller.send({ tried: `child of U:0, version ${version}, ${name}`, ...child })
      await teller.sendPackage(raw, { tried: `package of U and a child of U:0, version ${version}, ${name}`, ...child })
    }
    const second = { outpoint: outpointOf(txidOf(transaction), 1), value: 0n as typeof coin.value }
    const { raw: onSecond, fee, own } = spendOwn({ version, anchors: [second], coins: [coin], padding: 0, sat_vb: 10 })
    await teller.send({ tried: `child of U:1, version ${version}`, raw: onSecond, fee_sats: fee, own_sats: own })
  }
}
