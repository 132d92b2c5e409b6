/** What the thief builds himself: spends of his own coins, and of whatever else lets him add to it. */
import { Transaction, script } from 'bitcoinjs-lib'
import { type Outpoint, type Txid, fromHex, splitOutpoint } from '../../../packages/protocol/src/primitives/index.ts'
import { type SignDigest, type VaultPlan, scriptsOf, witnessStack } from '../../../packages/vault/src/index.ts'
import { type OwnCoin, THIEF_SCRIPT, THIEF_WITNESS_SCRIPT } from './loot.ts'

/** Pay to anchor (BIP 433): whoever wants spends it, without a signature. */
export const P2A_SCRIPT = Uint8Array.of(0x51, 0x02, 0x4e, 0x73)
const REPLACEABLE = 0xffff_fffd
/** Above the dust limit of a P2WSH output. */
const PADDING_SATS = 400n

export function addInput(transaction: Transaction, outpoint: Outpoint, sequence: number, witness: readonly Uint8Array[]): void {
  const { txid, vout } = splitOutpoint(outpoint)
  const at = transaction.addInput(fromHex(txid).toReversed(), vout, sequence)
  transaction.setWitness(at, [...witness])
}

export function addOwnCoins(transaction: Transaction, coins: readonly OwnCoin[]): void {
  for (const { outpoint } of coins) addInput(transaction, outpoint, REPLACEABLE, [THIEF_WITNESS_SCRIPT])
}

export function sumOf(coins: readonly OwnCoin[]): bigint {
  return coins.reduce((sum, { value }) => sum + value, 0n)
}

export interface Padded {
  readonly version: number
  /** Coins that need no signature, and whose value does not count as his own: anchors. */
  readonly anchors: readonly OwnCoin[]
  readonly coins: readonly OwnCoin[]
  /** How many outputs besides the change: 43 vB each. */
  readonly padding: number
  readonly sat_vb: number
  /** Instead of a feerate. */
  readonly fee?: bigint
}

/** His coins, and anchors of others, back to himself. */
export function spendOwn({ version, anchors, coins, padding, sat_vb, fee: asked }: Padded): { readonly raw: Uint8Array; readonly fee: bigint; readonly own: bigint } {
  const value = sumOf(coins) + sumOf(anchors)
  const build = (fee: bigint): Transaction => {
    const transaction = new Transaction()
    transaction.version = version
    for (const { outpoint } of anchors) addInput(transaction, outpoint, REPLACEABLE, [])
    addOwnCoins(transaction, coins)
    for (let at = 0; at < padding; at++) transaction.addOutput(THIEF_SCRIPT, PADDING_SATS)
    transaction.addOutput(THIEF_SCRIPT, value - fee - PADDING_SATS * BigInt(padding))
    return transaction
  }
  const fee = asked ?? BigInt(Math.ceil(build(0n).virtualSize() * sat_vb))
  return { raw: build(fee).toBuffer(), fee, own: fee - sumOf(anchors) }
}

/** A spend of U:0 by the hot key alone, with any nSequence and version: most of them no node takes. */
export function hotChild(plan: VaultPlan, unvault: Transaction, sign: SignDigest, { version, sequence, fee }: { version: number; sequence: number; fee: bigint }): Uint8Array {
  const { witness_script } = scriptsOf(plan).unvault
  const value = unvault.outs[0]?.value ?? 0n
  const child = new Transaction()
  child.version = version
  child.addInput(unvault.getHash(), 0, sequence)
  child.addOutput(THIEF_SCRIPT, value - fee)
  const digest = child.hashForWitnessV0(0, witness_script, value, Transaction.SIGHASH_ALL)
  const signature = script.signature.encode(sign(plan.hot, digest), Transaction.SIGHASH_ALL)
  child.setWitness(0, witnessStack('hot', [signature], witness_script))
  return child.toBuffer()
}

export function txidOf(transaction: Transaction): Txid {
  return transaction.getId() as Txid
}
