import { ChainError } from '../errors.ts'

/** bitcoind refuses any count or length above this (serialize.h, MAX_SIZE). */
const MAX_SIZE = 0x0200_0000
/** The first byte of a CompactSize in three bytes; of one in five; above, in nine. Below it is the value. */
const IN_3_BYTES = 0xfd
const IN_5_BYTES = 0xfe

/**
 * The CompactSize at an offset. It is in its shortest form, so its value tells how many bytes it has itself: `widthOf`.
 * @throws ChainError truncated, malformed
 */
export function sizeAt(view: DataView, at: number, end: number): number {
  if (at >= end) throw truncated()
  const first = view.getUint8(at)
  return first < IN_3_BYTES ? first : longSizeAt(view, at, end) | 0
}

export function widthOf(size: number): number {
  if (size < IN_3_BYTES) return 1
  return size <= 0xffff ? 3 : 5
}

/** One whose first byte, which is there, is not the value. */
export function longSizeAt(view: DataView, at: number, end: number): number {
  const first = view.getUint8(at)
  const left = end - at
  if (first === IN_3_BYTES) {
    if (left < 3) throw truncated()
    const size = view.getUint16(at + 1, true)
    if (size < IN_3_BYTES) throw malformed('a count is not in its shortest form')
    return size
  }
  if (first === IN_5_BYTES) {
    if (left < 5) throw truncated()
    const size = view.getUint32(at + 1, true)
    if (size <= 0xffff) throw malformed('a count is not in its shortest form')
    if (size > MAX_SIZE) throw malformed('a count is over the limit')
    return size
  }
  if (left < 9) throw truncated()
  // Whatever its eight bytes say: it could be shorter, or is over the limit.
  const isShort = view.getUint32(at + 5, true) === 0
  throw malformed(isShort ? 'a count is not in its shortest form' : 'a count is over the limit')
}

export function truncated(): ChainError {
  return new ChainError('truncated', 'the bytes end in the middle of a field')
}

export function malformed(sentence: string): ChainError {
  return new ChainError('malformed', sentence)
}
