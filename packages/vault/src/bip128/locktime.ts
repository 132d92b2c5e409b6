/** Whether a transaction waits for a time of its own (nLockTime), besides the relative lock that the plan names. */
import type { Network } from '../scripts/network.ts'
import type { DecodedTransaction } from '../transaction/decode.ts'

/** Below this nLockTime is a height, from here on seconds since 1970. */
const FIRST_TIME = 500_000_000
const FINAL = 0xffff_ffff
const GENESIS_S = 1_231_006_505
/** So far blocks have come every 9.6 minutes. Faster than this they never came for long. */
const QUICK_BLOCK_S = 9 * 60

/**
 * Wallets lock a transaction at the height of the day on which they make it. A later lock would keep it from being sent.
 * Blocks of the test networks come as they like, so that heights there say nothing.
 * @param created_at when the plan was made, ISO 8601
 */
export function isLockedBeyond({ locktime, inputs }: DecodedTransaction, created_at: string, network: Network): boolean {
  if (locktime === 0 || inputs.every(({ sequence }) => sequence === FINAL)) return false
  const made_s = Date.parse(created_at) / 1_000
  if (locktime >= FIRST_TIME) return !(locktime <= made_s)
  return network === 'mainnet' && !(locktime <= (made_s - GENESIS_S) / QUICK_BLOCK_S)
}
