import { hash } from 'node:crypto'
import { MAX_TX_BYTES, type SpendTx } from '@belfry/protocol'
import { concat, type Sats, toHex, type Txid } from '@belfry/protocol/primitives'
import { BlockWalk, type Wanted } from './block-walk.ts'
import { malformed, truncated } from './compact-size.ts'
import type { TransactionLayout } from './layouts.ts'
import { LOCKTIME_BYTES, MAX_SERIALISED_BYTES, VERSION_BYTES } from './limits.ts'

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
    // Only a miner can put a longer one into a block; its bytes are of no use to anybody then.
    raw: whole.length <= MAX_TX_BYTES ? new Uint8Array(whole) : new Uint8Array(0),
  }
}

/** SHA-256 twice, in RPC order (reversed), hex. */
export function doubleHash(bytes: Uint8Array): string {
  return toHex(hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer').toReversed())
}
