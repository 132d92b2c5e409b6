/** Writes Bitcoin's serialisation (BIP 144) into one buffer. */
import { createHash } from 'node:crypto'

export function sha256d(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(createHash('sha256').update(bytes).digest()).digest()
}

export class Writer {
  readonly #buffer: Buffer
  #at = 0

  /** @param limit_bytes no more can be written */
  constructor(limit_bytes: number) {
    this.#buffer = Buffer.alloc(limit_bytes)
  }

  get at(): number {
    return this.#at
  }

  /** What was written from there on, in place. */
  since(start: number): Buffer {
    return this.#buffer.subarray(start, this.#at)
  }

  bytes(...parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#buffer.set(part, this.#at)
      this.#at += part.length
    }
  }

  u32(value: number): void {
    this.#at = this.#buffer.writeUInt32LE(value, this.#at)
  }

  u64(value: bigint): void {
    this.#at = this.#buffer.writeBigUInt64LE(value, this.#at)
  }

  /** CompactSize, up to 65,535. */
  count(value: number): void {
    if (value < 0xfd) {
      this.#at = this.#buffer.writeUInt8(value, this.#at)
      return
    }
    this.#at = this.#buffer.writeUInt8(0xfd, this.#at)
    this.#at = this.#buffer.writeUInt16LE(value, this.#at)
  }

  /** Its length, then the bytes. */
  prefixed(bytes: Uint8Array): void {
    this.count(bytes.length)
    this.bytes(bytes)
  }
}
