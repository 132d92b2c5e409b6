import { VaultError } from '../errors.ts'

/** Reads Bitcoin's serialisation from hostile bytes. Every method throws `transaction-malformed` past the end. */
export class ByteReader {
  readonly #raw: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(raw: Uint8Array) {
    this.#raw = raw
    this.#view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  }

  get offset(): number {
    return this.#offset
  }

  get atEnd(): boolean {
    return this.#offset === this.#raw.length
  }

  malformed(detail: string): VaultError {
    return new VaultError(
      'transaction-malformed',
      `not a transaction: ${detail}`,
      'Ask whoever gave these bytes for the transaction itself.',
    )
  }

  /** A byte ahead, without moving; undefined past the end. */
  peek(ahead: number): number | undefined {
    return this.#raw[this.#offset + ahead]
  }

  skip(length: number): number {
    const at = this.#offset
    if (length > this.#raw.length - at) throw this.malformed('it ends too soon')
    this.#offset = at + length
    return at
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4), true)
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.skip(8), true)
  }

  /** A copy, so that what is kept does not hold on to the whole. */
  bytes(length: number): Uint8Array {
    const at = this.skip(length)
    return this.#raw.slice(at, at + length)
  }

  varBytes(): Uint8Array {
    return this.bytes(this.varint())
  }

  /** CompactSize, in its shortest form only. */
  varint(): number {
    const first = this.#view.getUint8(this.skip(1))
    if (first < 0xfd) return first
    if (first === 0xfd) return this.#shortest(this.#view.getUint16(this.skip(2), true), 0xfd)
    if (first === 0xfe) return this.#shortest(this.u32(), 0x1_0000)
    throw this.malformed('a length beyond any block')
  }

  /** The number of items of at least `min_bytes` each: never more than the rest can hold. */
  count(min_bytes: number): number {
    const count = this.varint()
    if (count > (this.#raw.length - this.#offset) / min_bytes) throw this.malformed('more items than bytes')
    return count
  }

  #shortest(value: number, least: number): number {
    if (value < least) throw this.malformed('a length that is not in its shortest form')
    return value
  }
}
