/**
 * Limits of what owners may order. Whoever stole one owner key can order drills and cancel generations: whatever that floods, there
 * is room left for panics and for every incident of the coin.
 */
import { MAX_MANIFESTS_PER_VAULT } from '../custody/limits.ts'

export const DRILL_LEVELS = 5
/**
 * Drills remembered of one vault. The oldest makes room once it is `DRILL_MEMORY` blocks old, so no more than these can be ordered
 * in that time, and what is signed for them is bounded.
 */
export const MAX_DRILLS_PER_VAULT = 16
/** Blocks after which a drill that has not passed is over. */
export const DRILL_DEADLINE = 144
/** Blocks after its anchor from which a drill may be forgotten, with all that was signed for it. A hundred before that nobody takes it. */
export const DRILL_MEMORY = 288
/** Rehearsals (levels 4 and 5) under way at one member, over all vaults: their shares take locked memory. */
export const MAX_REHEARSALS = 16

/** Panics that a member takes of its own accord: of one vault in all, and within one window of blocks. */
export const MAX_PANICS = 4
export const MAX_PANICS_PER_WINDOW = 2
export const PANIC_WINDOW = 144
/**
 * Taken, where one other member says that it took it in time. A thief of panic keys who tells every member other ones is so held to
 * what he called: of 2·n panics, each taken by one member of its own accord, those of the lowest hashes come to all, however many
 * members there are.
 */
export const MAX_PANICS_HEARD = 12
/** Blocks from the one at which such a panic was heard to the one with which it is taken: what was under way is heard by then. */
export const BLOCKS_HEARD = 2
/** Taken, where b+1 members say so: liars and a thief together do not use up these. */
export const MAX_PANICS_KEPT = 16

/** One is enough; two devices may order it at the same moment. However many more of one generation others took, there is room for the next one's. */
export const MAX_CANCELS_PER_GENERATION = 2
export const MAX_CANCELS_PER_VAULT = MAX_CANCELS_PER_GENERATION * MAX_MANIFESTS_PER_VAULT
/** One is enough; two devices may order it at the same moment. */
export const MAX_REVOKES_PER_VAULT = 2
/** Of which the first that is taken ends the vault. */
export const MAX_DESTROYS_PER_VAULT = 2
/**
 * Blocks after its anchor in which an order to destroy or to cancel is handed on. Of the one some members will never say that they obeyed
 * it; of the other some took what the rest have no place for, and what became of it members' own words say.
 */
export const HANDED_ON_BLOCKS = 2_016
/** Held of one vault, taken or waiting. */
export const MAX_HELD = {
  panic: MAX_PANICS_KEPT,
  drill: MAX_DRILLS_PER_VAULT,
  'cancel-generation': MAX_CANCELS_PER_VAULT,
  revoke: MAX_REVOKES_PER_VAULT,
  destroy: MAX_DESTROYS_PER_VAULT,
} as const
export const MAX_COMMANDS_PER_VAULT =
  MAX_DRILLS_PER_VAULT + MAX_PANICS_KEPT + MAX_CANCELS_PER_VAULT + MAX_REVOKES_PER_VAULT + MAX_DESTROYS_PER_VAULT
/** Theft, cold-theft, and one for each panic and drill. */
export const MAX_INCIDENTS_PER_VAULT = 2 + MAX_PANICS_KEPT + MAX_DRILLS_PER_VAULT
