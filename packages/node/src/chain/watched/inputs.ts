import type { Outpoint } from '@belfry/protocol/primitives'
import type { TransactionLayout } from '../serial/index.ts'
import { OUTPOINT_BYTES } from '../watch-set/index.ts'
import { outpointOfKey } from './outpoint-key.ts'

const SEQUENCE_BYTES = 4

/** What a transaction spends, in its order. @param layout of these very bytes: their lengths have been checked */
export function* inputsOf(bytes: Uint8Array, layout: TransactionLayout): Generator<Outpoint> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const [count, first] = compactSize(view, layout.inputs)
  let at = first
  for (let i = 0; i < count; i++) {
    yield outpointOfKey(bytes, at)
    const [length, script] = compactSize(view, at + OUTPOINT_BYTES)
    at = script + length + SEQUENCE_BYTES
  }
}

/** The number, and where it ends. */
function compactSize(view: DataView, at: number): [size: number, end: number] {
  const first = view.getUint8(at)
  if (first < 0xfd) return [first, at + 1]
  return first === 0xfd ? [view.getUint16(at + 1, true), at + 3] : [view.getUint32(at + 1, true), at + 5]
}
