import type { Uint8ArrayList } from 'uint8arraylist'

/** The pieces of what a stream delivers, uncopied. */
export function chunksOf(data: Uint8Array | Uint8ArrayList): Iterable<Uint8Array> {
  return data instanceof Uint8Array ? [data] : data
}
