/** A and P by hand, of a coin that two keys share: what the fee wallet adds to does not depend on the plan around it. */
import { crypto, script, Transaction } from 'bitcoinjs-lib'
import { concat, fromHex, type Outpoint, type Sats, splitOutpoint, toHex, type Txid } from '@belfry/protocol/primitives'
import type { FeeCoin, SignFeeCoin } from '../../src/index.ts'
import { signLowR, type TestKey, testKeys } from './keys.ts'

const OWNERS = testKeys('fee-parent', 2)
const WITNESS_SCRIPT = concat(
  Uint8Array.of(0x52),
  ...OWNERS.map(({ pub }) => concat(Uint8Array.of(0x21), fromHex(pub))),
  Uint8Array.of(0x52, 0xae),
)
/** wsh(multi(2,…)): what U would pay. */
export const SHARED_SCRIPT: Uint8Array = concat(Uint8Array.of(0x00, 0x20), crypto.sha256(WITNESS_SCRIPT))
export const SAFE_SCRIPT: Uint8Array = concat(Uint8Array.of(0x00, 0x20), new Uint8Array(32).fill(7))
const P2A = { script: fromHex('51024e73'), value: 240n }
export const ALL = 0x01
export const ALL_ANYONE_CAN_PAY = 0x81

export interface SharedCoin {
  readonly outpoint: Outpoint
  readonly value: Sats
}

export interface ParentTerms {
  readonly coin: SharedCoin
  readonly fee: bigint
  readonly version?: number
  readonly hash_type?: number
  /** Where it pays. Default: the safe. */
  readonly to?: Uint8Array
  readonly with_anchor?: boolean
}

/** A recovery transaction with one input. */
export function parentOf(terms: ParentTerms): { raw: Uint8Array; txid: Txid; vsize: number } {
  const { coin, fee, version = 3, hash_type = ALL, to = SAFE_SCRIPT, with_anchor = false } = terms
  const { txid, vout } = splitOutpoint(coin.outpoint)
  const transaction = new Transaction()
  transaction.version = version
  transaction.addInput(fromHex(txid).toReversed(), vout, 0xffff_fffd)
  transaction.addOutput(to, coin.value - fee - (with_anchor ? P2A.value : 0n))
  if (with_anchor) transaction.addOutput(P2A.script, P2A.value)
  const digest = transaction.hashForWitnessV0(0, WITNESS_SCRIPT, coin.value, hash_type)
  const signatures = OWNERS.map(({ secret }) => script.signature.encode(signLowR(secret, digest), hash_type))
  transaction.setWitness(0, [new Uint8Array(0), ...signatures, WITNESS_SCRIPT])
  return { raw: transaction.toBuffer(), txid: transaction.getId() as Txid, vsize: transaction.virtualSize() }
}

export function anyoneCanPay(coin: SharedCoin, fee: bigint) {
  return parentOf({ coin, fee, hash_type: ALL_ANYONE_CAN_PAY })
}

export function anchored(coin: SharedCoin, fee: bigint) {
  return parentOf({ coin, fee, with_anchor: true })
}

/** Signs for coins of these keys. */
export function coinSigner(keys: readonly TestKey[]): SignFeeCoin {
  return ({ key }: FeeCoin, digest) => {
    const found = keys.find(({ pub }) => pub === key)
    if (found === undefined) throw new Error(`no secret for ${key}`)
    return signLowR(found.secret, digest)
  }
}

export function scriptOfKey(key: TestKey): Uint8Array {
  return fromHex(`0014${toHex(crypto.hash160(fromHex(key.pub)))}`)
}
