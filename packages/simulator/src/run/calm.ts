import type { BitcoinFaults } from '../chain/index.ts'
import type { NetworkFaults } from '../network/index.ts'

/** Before faults begin, and after the world has been healed. */
export function calmNetwork(faults: NetworkFaults): NetworkFaults {
  return { ...faults, straggles: 0, drops: 0, duplicates: 0, replay_ms: null }
}

/** Time for a few messages between two blocks, as there is in life. */
const HEARTBEATS_PER_BLOCK = 2

export function calmBitcoin(faults: BitcoinFaults, heartbeat_ms: number): BitcoinFaults {
  return {
    ...faults,
    block_ms: Math.max(HEARTBEATS_PER_BLOCK * heartbeat_ms, faults.block_ms),
    slow_block: 0,
    never_relayed: 0,
    left_out: 0,
    reorg: 0,
    evicts: 0,
  }
}
