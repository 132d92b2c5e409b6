/** How much one node watches for its owner. */

/** The list is read, shown and changed as a whole. */
export const MAX_WATCHES = 1_000
/** Derived scripts of all watches together: about 20 MB, and half a minute of deriving at the start. */
export const MAX_SCRIPTS = 100_000
/** A new watch is refused above; the rest is for those that are there to grow into. */
export const MAX_SCRIPTS_WHEN_ADDED = MAX_SCRIPTS / 2
/** One wallet that grows without end leaves room for the others. */
export const MAX_SCRIPTS_OF_A_WATCH = MAX_SCRIPTS / 4
/** Some 300 MB in memory, of which nothing but that it is watched is known. */
export const MAX_LISTED_OUTPOINTS = 5_000_000
/** BIP-44. */
export const DEFAULT_GAP_LIMIT = 20
export const MAX_GAP_LIMIT = 1_000
export const MAX_LABEL_CHARS = 64
/** Branches of a multipath descriptor; @belfry/vault takes no more. */
export const MAX_BRANCHES = 16
