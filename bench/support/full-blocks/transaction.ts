/** Transactions that spend coins without a signature. */
import { Writer, sha256d } from './bytes.ts'

export interface Coin {
  /** In hash order. */
  readonly txid: Uint8Array
  readonly vout: number
}

export interface Input {
  readonly coin: Coin
  readonly script?: Uint8Array
  readonly witness: readonly Uint8Array[]
}

export interface Output {
  readonly script: Uint8Array
  readonly sats: bigint
}

export interface Transaction {
  readonly bytes: Uint8Array
  /** In hash order, as is the other. */
  readonly txid: Uint8Array
  readonly wtxid: Uint8Array
}

const NO_SCRIPT = new Uint8Array()
const VERSION = 2
const FINAL = 0xffffffff
/** Above all that is written here. */
const LIMIT_BYTES = 200_000

export function transaction(inputs: readonly Input[], outputs: readonly Output[]): Transaction {
  const body = new Writer(LIMIT_BYTES)
  body.count(inputs.length)
  for (const { coin, script = NO_SCRIPT } of inputs) {
    body.bytes(coin.txid)
    body.u32(coin.vout)
    body.prefixed(script)
    body.u32(FINAL)
  }
  body.count(outputs.length)
  for (const { script, sats } of outputs) {
    body.u64(sats)
    body.prefixed(script)
  }
  const witnesses = new Writer(LIMIT_BYTES)
  for (const { witness } of inputs) {
    witnesses.count(witness.length)
    for (const item of witness) witnesses.prefixed(item)
  }
  const version = Buffer.alloc(4)
  version.writeUInt32LE(VERSION)
  const lockTime = Buffer.alloc(4)
  const bytes = Buffer.concat([version, Uint8Array.of(0, 1), body.since(0), witnesses.since(0), lockTime])
  return { bytes, txid: sha256d(Buffer.concat([version, body.since(0), lockTime])), wtxid: sha256d(bytes) }
}
