import { fromHex, type Outpoint, outpointOf, splitOutpoint, toHex, type Txid } from '@belfry/protocol/primitives'
import { OUTPOINT_BYTES } from '../watch-set/index.ts'

const VOUT_OFFSET = OUTPOINT_BYTES - 4

/** The 36 bytes that an input names it with: the txid in the order in which it is hashed, and vout little-endian. */
export function keyOfOutpoint(outpoint: Outpoint): Uint8Array {
  const { txid, vout } = splitOutpoint(outpoint)
  const key = new Uint8Array(OUTPOINT_BYTES)
  key.set(fromHex(txid).toReversed())
  new DataView(key.buffer).setUint32(VOUT_OFFSET, vout, true)
  return key
}

/** The bytes must hold a whole key from the offset on. */
export function outpointOfKey(bytes: Uint8Array, offset = 0): Outpoint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, OUTPOINT_BYTES)
  const txid = toHex(bytes.subarray(offset, offset + VOUT_OFFSET).toReversed())
  return outpointOf(txid as Txid, view.getUint32(VOUT_OFFSET, true))
}
