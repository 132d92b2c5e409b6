/**
 * For secrets that must pass through ordinary memory: `using` one zeroes all that was added when its block ends. Weaker
 * than SecretBytes, because the collector may have moved the bytes and left a copy.
 */
export class ZeroedAtEnd {
  readonly #added: Uint8Array[] = []

  add<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
    this.#added.push(bytes)
    return bytes
  }

  [Symbol.dispose](): void {
    for (const bytes of this.#added) bytes.fill(0)
  }
}
