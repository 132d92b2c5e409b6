import { crypto } from 'bitcoinjs-lib'
import { concat, MAX_SATS, type Outpoint, outpointOf, type Sats, toHex, type Txid } from '@belfry/protocol/primitives'
import { VaultError } from '../errors.ts'
import { ByteReader } from './reader.ts'
import { vsizeOfWeight } from './fees.ts'

/** A transaction as members need it: what it spends, what it pays, how large it is. Witnesses are skipped. */
export interface DecodedTransaction {
  readonly txid: Txid
  /** BIP-141; equals the txid where there is no witness. */
  readonly wtxid: Txid
  readonly version: number
  readonly locktime: number
  readonly weight: number
  readonly vsize: number
  readonly inputs: readonly {
    readonly outpoint: Outpoint
    readonly sequence: number
    readonly script_sig: Uint8Array
  }[]
  readonly outputs: readonly { readonly value: Sats; readonly script: Uint8Array }[]
}

/** No transaction is larger than a block (BIP-141: 4,000,000 weight units). */
export const MAX_TRANSACTION_BYTES = 4_000_000

const MIN_INPUT_BYTES = 41
const MIN_OUTPUT_BYTES = 9

/**
 * Decodes hostile bytes: every transaction that a block may hold, and nothing that would not serialise to the same
 * bytes.
 * Memory stays a small multiple of the input's length.
 * @throws VaultError `transaction-malformed` or `transaction-too-large`, and nothing else
 */
export function decodeTransaction(raw: Uint8Array): DecodedTransaction {
  if (raw.length > MAX_TRANSACTION_BYTES) {
    throw new VaultError(
      'transaction-too-large',
      `a transaction of ${raw.length} bytes fits into no block`,
      'Ask whoever gave these bytes for the transaction itself.',
    )
  }
  const reader = new ByteReader(raw)
  const version = reader.u32()
  const segwit = reader.peek(0) === 0 && reader.peek(1) === 1
  if (segwit) reader.skip(2)

  const start = reader.offset
  const inputs = readInputs(reader)
  const outputs = readOutputs(reader)
  const end = reader.offset
  if (segwit && !skipWitnesses(reader, inputs.length)) throw reader.malformed('the witness flag without a witness')
  const locktimeAt = reader.offset
  const locktime = reader.u32()
  if (!reader.atEnd) throw reader.malformed('bytes after the end')

  const stripped = segwit ? concat(raw.subarray(0, 4), raw.subarray(start, end), raw.subarray(locktimeAt)) : raw
  const txid = idOf(stripped)
  const weight = stripped.length * 3 + raw.length
  return {
    txid,
    wtxid: segwit ? idOf(raw) : txid,
    version,
    locktime,
    weight,
    vsize: vsizeOfWeight(weight),
    inputs,
    outputs,
  }
}

/** @throws VaultError as `decodeTransaction` does */
export function txidOf(raw: Uint8Array): Txid {
  return decodeTransaction(raw).txid
}

function idOf(bytes: Uint8Array): Txid {
  return toHex(crypto.hash256(bytes).toReversed()) as Txid
}

function readInputs(reader: ByteReader): DecodedTransaction['inputs'] {
  const count = reader.count(MIN_INPUT_BYTES)
  if (count === 0) throw reader.malformed('no inputs')
  return Array.from({ length: count }, () => {
    const txid = toHex(reader.bytes(32).toReversed()) as Txid
    const outpoint = outpointOf(txid, reader.u32())
    const script_sig = reader.varBytes()
    return { outpoint, script_sig, sequence: reader.u32() }
  })
}

function readOutputs(reader: ByteReader): DecodedTransaction['outputs'] {
  const count = reader.count(MIN_OUTPUT_BYTES)
  if (count === 0) throw reader.malformed('no outputs')
  return Array.from({ length: count }, () => {
    const value = reader.u64()
    if (value > MAX_SATS) throw reader.malformed('an output above 21,000,000 BTC')
    return { value: value as Sats, script: reader.varBytes() }
  })
}

/** Whether any input has a witness item. */
function skipWitnesses(reader: ByteReader, inputs: number): boolean {
  let any = false
  for (let input = 0; input < inputs; input++) {
    const items = reader.count(1)
    for (let item = 0; item < items; item++) reader.skip(reader.varint())
    any ||= items > 0
  }
  return any
}
