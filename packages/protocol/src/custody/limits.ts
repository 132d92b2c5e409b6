/** Limits of custody. Together they bound a member's state: vaults × manifests × envelopes × members. */
export const MAX_MEMBERS = 64
/** Vaults that one federation guards; each may hold several manifests during a renewal. */
export const MAX_VAULTS = 1_024
/** Armed manifests of one vault: the active one, its successor, and withdrawn or older ones still armed. */
export const MAX_MANIFESTS_PER_VAULT = 8
/** Variants of U at different feerates. */
export const MAX_UNVAULTS = 8
/** Rungs of one ladder. */
export const MAX_RUNGS = 8
/** Means of one unvault variant that take fee coins: one that others may join, one with an anchor. */
const MAX_FEE_COIN_MEANS = 2
/** Envelopes of one manifest: a ladder and the means with fee coins per unvault, emergency and dead-man ladders, the drill's. */
export const MAX_ENVELOPES = MAX_UNVAULTS * (MAX_RUNGS + MAX_FEE_COIN_MEANS) + 2 * MAX_RUNGS + 1
/** An encrypted transaction: our own are under 400 bytes, other custody schemes may enrol larger ones. */
export const MAX_ENVELOPE_BYTES = 16_384
/** HPKE: 32 bytes of encapsulated key, 33 of share, 16 of tag. */
export const SEALED_SHARE_BYTES = 81
/** Keys of one owner for one purpose. */
export const MAX_OWNER_KEYS = 16
/** Keys that may call a panic: the owner's and the guardians'. */
export const MAX_PANIC_KEYS = 2 * MAX_OWNER_KEYS
