import { createCipheriv } from 'node:crypto'

export const KEY_BYTES = 36

/** Outpoints, one after the other. */
export interface Keys {
  readonly count: number
  readonly bytes: Buffer
  readonly view: DataView
}

/** As random as txids, and in every run the same: AES in counter mode, under a key of its own for each name. */
export function keysOf(name: string, count: number): Keys {
  const secret = Buffer.alloc(16)
  secret.write(name)
  const bytes = createCipheriv('aes-128-ctr', secret, Buffer.alloc(16)).update(Buffer.alloc(count * KEY_BYTES))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  // The number of an output, which is small.
  for (let i = 0; i < count; i++) view.setUint32(i * KEY_BYTES + 32, i % 4, true)
  return { count, bytes, view }
}

/** The first so many of them. */
export function first({ bytes }: Keys, count: number): Keys {
  const part = bytes.subarray(0, count * KEY_BYTES)
  return { count, bytes: part, view: new DataView(part.buffer, part.byteOffset, part.length) }
}

export function* each({ count, bytes }: Keys): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield bytes.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES)
}
