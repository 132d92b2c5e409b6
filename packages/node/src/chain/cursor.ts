import { ChainError } from './errors.ts'

/** bitcoind refuses any count or length above this (serialize.h, MAX_SIZE). */
const MAX_COUNT = 0x0200_0000

/** Reads serialised bytes from front to back, and never beyond their end. */
export class Cursor {
  readonly bytes: Uint8Array
  /** Offset of the next byte. */
  at: number
  private readonly view: DataView

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
  }

  get left(): number {
    return this.bytes.length - this.at
  }

  /** @throws ChainError truncated */
  skip(length: number): void {
    if (length > this.left) throw new ChainError('truncated', 'the bytes end in the middle of a field')
    this.at += length
  }

  /** @throws ChainError truncated */
  byte(): number {
    this.skip(1)
    return this.view.getUint8(this.at - 1)
  }

  /** The next byte, without moving; null at the end. */
  peek(): number | null {
    return this.bytes[this.at] ?? null
  }

  /**
   * A CompactSize: how many items follow, each at least `itemBytes` long. So no loop over them outlasts the bytes.
   * @throws ChainError truncated, malformed
   */
  count(itemBytes: number): number {
    const items = this.compactSize()
    if (items * itemBytes > this.left) throw new ChainError('truncated', 'more items are announced than bytes are left')
    return items
  }

  /** A CompactSize length and so many bytes. @throws ChainError truncated, malformed */
  skipPrefixed(): void {
    this.skip(this.compactSize())
  }

  private compactSize(): number {
    const first = this.byte()
    if (first < 0xfd) return first
    let value: number
    let least: number
    if (first === 0xfd) {
      this.skip(2)
      value = this.view.getUint16(this.at - 2, true)
      least = 0xfd
    } else if (first === 0xfe) {
      this.skip(4)
      value = this.view.getUint32(this.at - 4, true)
      least = 0x1_0000
    } else {
      this.skip(8)
      value = Number(this.view.getBigUint64(this.at - 8, true))
      least = 0x1_0000_0000
    }
    if (value < least) throw new ChainError('malformed', 'a count is not in its shortest form')
    if (value > MAX_COUNT) throw new ChainError('malformed', 'a count is over the limit')
    return value
  }
}
