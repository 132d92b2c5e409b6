import { sats } from '@belfry/protocol/primitives'

/** Pay to anchor (BIP-433): anybody spends it with an empty witness, so that a child can pay for its parent. */
export const ANCHOR_SCRIPT: Uint8Array = Uint8Array.of(0x51, 0x02, 0x4e, 0x73)

/** The least that bitcoind relays of such an output at its default of 3 sat/vB. */
export const ANCHOR_VALUE = sats(240)
