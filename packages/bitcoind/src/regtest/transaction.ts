import { createHash } from 'node:crypto'
import {
  concat, fromHex, invariant, type Outpoint, type Sats, splitOutpoint, toHex, type Txid,
} from '@belfry/protocol/primitives'

/**
 * Writes raw transactions (BIP 144), for spending coins that need no signature. Signing and scripts are the business of
 * `packages/vault`; this is only what a regtest purse needs.
 */

export interface RawInput {
  readonly outpoint: Outpoint
  /** Default 0xfffffffd: replaceable, no relative lock. */
  readonly sequence?: number
  readonly witness: readonly Uint8Array[]
}

export interface RawOutput {
  readonly script: Uint8Array
  readonly value: Sats
}

export interface RawTransaction {
  /** Default 2. */
  readonly version?: number
  readonly inputs: readonly RawInput[]
  readonly outputs: readonly RawOutput[]
  /** Default 0. */
  readonly locktime?: number
}

const REPLACEABLE = 0xfffffffd
/** As many as one byte counts (CompactSize below 0xfd): plenty here. */
const MAX_ITEMS = 0xfc
/** The longest script that consensus runs. */
const MAX_SCRIPT_BYTES = 10_000

export function serialise(transaction: RawTransaction): Uint8Array {
  const body = bodyOf(transaction)
  const witnesses = transaction.inputs.map(({ witness }) =>
    concat(count(witness.length), ...witness.map((item) => prefixed(item))))
  return concat(body.version, Uint8Array.of(0x00, 0x01), body.inputsAndOutputs, ...witnesses, body.locktime)
}

/** RPC order. The witness is no part of it. */
export function txidOf(transaction: RawTransaction): Txid {
  const { version, inputsAndOutputs, locktime } = bodyOf(transaction)
  return toHex(sha256(sha256(concat(version, inputsAndOutputs, locktime))).toReversed()) as Txid
}

/** Virtual bytes: a quarter of the weight, rounded up (BIP 141). */
export function vsizeOf(transaction: RawTransaction): number {
  const { version, inputsAndOutputs, locktime } = bodyOf(transaction)
  const stripped = version.length + inputsAndOutputs.length + locktime.length
  return Math.ceil((3 * stripped + serialise(transaction).length) / 4)
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

/** What the txid covers. */
interface Body {
  readonly version: Uint8Array
  readonly inputsAndOutputs: Uint8Array
  readonly locktime: Uint8Array
}

function bodyOf(transaction: RawTransaction): Body {
  const { inputs, outputs } = transaction
  return {
    version: u32(transaction.version ?? 2),
    inputsAndOutputs: concat(
      count(inputs.length), ...inputs.map((input) => serialiseInput(input)),
      count(outputs.length), ...outputs.map(({ script, value }) => concat(u64(value), prefixed(script))),
    ),
    locktime: u32(transaction.locktime ?? 0),
  }
}

function serialiseInput(input: RawInput): Uint8Array {
  const { txid, vout } = splitOutpoint(input.outpoint)
  const emptyScriptSig = count(0)
  return concat(fromHex(txid).toReversed(), u32(vout), emptyScriptSig, u32(input.sequence ?? REPLACEABLE))
}

function count(items: number): Uint8Array {
  invariant(items <= MAX_ITEMS, `a purse transaction has at most ${MAX_ITEMS} inputs, outputs and witness items`)
  return Uint8Array.of(items)
}

/** CompactSize length, then the bytes. */
function prefixed(bytes: Uint8Array): Uint8Array {
  invariant(bytes.length <= MAX_SCRIPT_BYTES, `a script has at most ${MAX_SCRIPT_BYTES} bytes`)
  if (bytes.length <= MAX_ITEMS) return concat(Uint8Array.of(bytes.length), bytes)
  return concat(Uint8Array.of(0xfd, bytes.length & 0xff, bytes.length >> 8), bytes)
}

function u32(value: number): Uint8Array {
  const out = new Uint8Array(4)
  new DataView(out.buffer).setUint32(0, value, true)
  return out
}

function u64(value: bigint): Uint8Array {
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigUint64(0, value, true)
  return out
}
