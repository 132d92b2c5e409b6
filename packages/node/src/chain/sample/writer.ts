/** Marsaglia's xorshift of 32 bits: fast, and the same everywhere. Nothing secret may come from it. */
export class Random {
  private state: number

  /** @param seed not 0 */
  constructor(seed: number) {
    this.state = seed >>> 0
  }

  word(): number {
    let x = this.state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.state = x >>> 0
    return this.state
  }

  /** 0..limit−1. */
  below(limit: number): number {
    return this.word() % limit
  }
}

/** Of a CompactSize, in bytes. */
export function sizeBytes(size: number): number {
  if (size < 0xfd) return 1
  return size <= 0xffff ? 3 : 5
}

/** Fills bytes from front to back. */
export class SampleWriter {
  readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly source: Random
  private at = 0

  constructor(length: number, source: Random) {
    this.bytes = new Uint8Array(length)
    this.view = new DataView(this.bytes.buffer)
    this.source = source
  }

  byte(value: number): this {
    this.view.setUint8(this.at, value)
    this.at += 1
    return this
  }

  /** Four bytes, little-endian. */
  word(value: number): this {
    this.view.setUint32(this.at, value, true)
    this.at += 4
    return this
  }

  size(value: number): this {
    if (value < 0xfd) return this.byte(value)
    if (value > 0xffff) return this.byte(0xfe).word(value)
    this.byte(0xfd)
    this.view.setUint16(this.at, value, true)
    this.at += 2
    return this
  }

  zeros(length: number): this {
    this.at += length
    return this
  }

  random(length: number): this {
    const end = this.at + length
    for (; this.at + 4 <= end; this.at += 4) this.view.setUint32(this.at, this.source.word(), true)
    for (; this.at < end; this.at++) this.view.setUint8(this.at, this.source.word())
    return this
  }
}
