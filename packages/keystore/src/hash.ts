import { hash } from 'node:crypto'

/** SHA-256, synchronous and native. @returns 32 bytes in memory of their own */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'))
}
