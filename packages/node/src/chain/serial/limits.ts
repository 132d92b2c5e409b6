/** A block has at most 4,000,000 weight units, and a byte is one at least (BIP 141). No transaction has more either. */
export const MAX_SERIALISED_BYTES = 4_000_000

export const HEADER_BYTES = 80
export const VERSION_BYTES = 4
export const OUTPOINT_BYTES = 36
export const SEQUENCE_BYTES = 4
export const LOCKTIME_BYTES = 4
