import type { BitcoinFaults } from '../chain/index.ts'
import type { NetworkFaults } from '../network/index.ts'

/** Before faults begin, and after the world has been healed. */
export function calmNetwork(faults: NetworkFaults): NetworkFaults {
  return { ...faults, straggles: 0, drops: 0, duplicates: 0 }
}

/** Time for a few messages between two blocks, as there is in life. */
const LEAST_BLOCK_MS = 60_000

export function calmBitcoin(faults: BitcoinFaults): BitcoinFaults {
  return {
    ...faults,
    block_ms: Math.max(LEAST_BLOCK_MS, faults.block_ms),
    slow_block: 0,
    never_relayed: 0,
    left_out: 0,
    reorg: 0,
    evicts: 0,
  }
}
