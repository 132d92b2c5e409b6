import { type BlockHash, type Infer, s, toHex } from '../primitives/index.ts'

export const BLOCK_HEADER_BYTES = 80
const PREVIOUS_AT = 4
const HASH_BYTES = 32
/** A day of blocks; a longer lead is asked for again from there. */
export const MAX_HEADERS = 144
export const MAX_LOCATOR = 16

/** "Your tip is not in my chain: show me the way there." Hashes of my own chain, newest first, further apart downwards. */
export const headersWanted = s.struct({ locator: s.list(s.blockHash, MAX_LOCATOR, 1) })
export type HeadersWanted = Infer<typeof headersWanted>

/** Serialised block headers, oldest first, the first of which builds on a block of the locator. Empty where none of it is known. */
export const headers = s.struct({ headers: s.list(s.blob(BLOCK_HEADER_BYTES, BLOCK_HEADER_BYTES), MAX_HEADERS) })
export type Headers = Infer<typeof headers>

/** The block that a header builds on: behind the version, least significant byte first. */
export function previousOf(header: Uint8Array): BlockHash {
  return toHex(header.slice(PREVIOUS_AT, PREVIOUS_AT + HASH_BYTES).toReversed()) as BlockHash
}
