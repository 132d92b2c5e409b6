/** How much one fee wallet looks at. */

/** Coins in the pool. Whoever knows an address may pay it dust: the most valuable are kept. */
export const MAX_COINS = 64
/** Outpoints that the chain watcher told of. */
export const MAX_KNOWN = 512
/** An outpoint that bitcoind does not know is forgotten when no usual reorganisation brings it back. */
export const FORGET_DEPTH = 100
/** Bumps and splits remembered. A new bump is refused above, so that nothing is spent that is not counted. */
export const MAX_BUMPS = 256
export const MAX_SPLITS = 64
/** bitcoind lets a block spend a coinbase of 100 blocks before. */
export const COINBASE_MATURITY = 100
