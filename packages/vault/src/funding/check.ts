import { Transaction } from 'bitcoinjs-lib'
import { equalBytes, fromHex, splitOutpoint } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import { scriptsOf, type VaultPlan } from '../plan/plan.ts'
import { decodeTransaction, MAX_TRANSACTION_BYTES } from '../transaction/decode.ts'

/**
 * Whether a signed transaction that is not broadcast yet will be the plan's deposit: what must be known before keys that
 * signed the recovery set are destroyed, for afterwards no other deposit can be signed for.
 * @param hex the transaction, signed, as wallets export it
 * @throws VaultError `funding-unfit`, or as `decodeTransaction` does
 */
export function checkFunding(plan: VaultPlan, hex: string): void {
  const raw = bytesOf(hex)
  const { txid, outputs } = decodeTransaction(raw)
  const planned = splitOutpoint(plan.deposit.outpoint)
  if (txid !== planned.txid) throw unfit(`it is ${txid}, and the plan's deposit is of ${planned.txid}`)
  const output = outputs[planned.vout]
  if (output === undefined) throw unfit(`it has no output ${planned.vout}`)
  if (output.value !== plan.deposit.value) {
    throw unfit(`its output ${planned.vout} has ${output.value} sat, and the plan says ${plan.deposit.value}`)
  }
  const { deposit } = scriptsOf(plan)
  if (!equalBytes(output.script, deposit.script)) throw unfit(`its output ${planned.vout} does not pay ${deposit.address}`)
  const bare = Transaction.fromBuffer(raw).ins.findIndex(({ witness }) => witness.length === 0)
  if (bare === -1) return
  throw new VaultError(
    'funding-unfit',
    `input ${bare} of the funding transaction has no witness: it is not signed, or spends a coin without segwit`,
    'Sign it, from segwit coins alone: with any other coin anybody can change its txid, and the deposit would be another.',
  )
}

function bytesOf(hex: string): Uint8Array {
  if (hex.length <= 2 * MAX_TRANSACTION_BYTES && /^([0-9a-f]{2})+$/i.test(hex)) return fromHex(hex.toLowerCase())
  throw new VaultError(
    'transaction-malformed',
    'it is no transaction in hex',
    'Give the signed transaction as the wallet exports it, in hex.',
  )
}

function unfit(how: string): VaultError {
  return new VaultError(
    'funding-unfit',
    `the funding transaction is not the deposit of this plan: ${how}`,
    'Destroy no key and broadcast nothing: plan anew around the transaction that you will broadcast, and sign that.',
  )
}
