import { hash } from 'node:crypto'
import { MAX_TX_BYTES, type SpendTx } from '@belfry/protocol'
import { concat, type Hash32, type Sats, toHex, type Txid } from '@belfry/protocol/primitives'
import { BlockWalk, type Wanted } from './block-walk.ts'
import { malformed, sizeAt, truncated, widthOf } from './compact-size.ts'
import type { TransactionLayout } from './layouts.ts'
import { LOCKTIME_BYTES, MAX_SERIALISED_BYTES, OUTPOINT_BYTES, SEQUENCE_BYTES, VERSION_BYTES } from './limits.ts'

const NOTHING_MORE: Wanted = { inputs: false, outputs: false }

/**
 * Of one transaction, which must be all of the bytes.
 * @throws ChainError truncated, malformed, trailing-bytes
 */
export function layoutOf(bytes: Uint8Array): TransactionLayout {
  if (bytes.length === 0) throw truncated()
  if (bytes.length > MAX_SERIALISED_BYTES) throw malformed('there are more bytes than a transaction can have')
  const walk = new BlockWalk(1)
  walk.transaction(new DataView(bytes.buffer), bytes.byteOffset, bytes.byteOffset + bytes.length, NOTHING_MORE)
  return walk.layouts.of(0)
}

/** What the txid covers: all but the witness, with its marker and flag. */
export function strippedOf(bytes: Uint8Array, { start, inputs, outputsEnd, end }: TransactionLayout): Uint8Array {
  const version = bytes.subarray(start, start + VERSION_BYTES)
  return concat(version, bytes.subarray(inputs, outputsEnd), bytes.subarray(end - LOCKTIME_BYTES, end))
}

/** The outputs without their count: what `hashOutputs` of BIP-143 is made of. The layout is that of these bytes. */
function outputsOf(bytes: Uint8Array, { inputs, outputsEnd }: TransactionLayout): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = sizeAt(view, inputs, outputsEnd)
  let at = inputs + widthOf(count)
  for (let input = 0; input < count; input++) {
    const script = at + OUTPOINT_BYTES
    const length = sizeAt(view, script, outputsEnd)
    at = script + widthOf(length) + length + SEQUENCE_BYTES
  }
  return bytes.subarray(at + widthOf(sizeAt(view, at, outputsEnd)), outputsEnd)
}

/** What an event says of a transaction. `raw` is a copy, so that no block stays in memory for it. */
export function describeSpend(bytes: Uint8Array, layout: TransactionLayout, fee: Sats | null): SpendTx {
  const whole = bytes.subarray(layout.start, layout.end)
  const stripped = strippedOf(bytes, layout)
  const txid = doubleHash(stripped) as Txid
  return {
    txid,
    wtxid: layout.hasWitness ? doubleHash(whole) as Txid : txid,
    // BIP 141: weight is three times the stripped size plus the whole size; a virtual byte is four of it.
    vsize: Math.ceil((3 * stripped.length + whole.length) / 4),
    fee,
    outputs_hash: doubleHash(outputsOf(bytes, layout)) as Hash32,
    // Only a miner can put a longer one into a block; its bytes are of no use to anybody then.
    raw: whole.length <= MAX_TX_BYTES ? new Uint8Array(whole) : new Uint8Array(0),
  }
}

/** SHA-256 twice, in RPC order (reversed), hex. */
export function doubleHash(bytes: Uint8Array): string {
  return toHex(hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer').toReversed())
}
