import type { ChainEvent } from '@belfry/protocol'

/** Since the start, for metrics. */
export interface ChainCounters {
  events: Record<ChainEvent['event'], number>
  blocks_by_zmq: number
  /** Fetched over REST, or RPC where REST is off. */
  blocks_by_fetch: number
  /** Movements of wallets that are not told: too many coins are followed. */
  movements_without_room: number
  /** Pruned before they were read: nobody saw what moved in them. */
  blocks_unseen: number
  mempool_passes: number
  /** Of every transaction in it. */
  mempool_readings: number
  zmq_messages: number
  /** Of an unknown topic, or not formed as bitcoind forms them. */
  zmq_malformed: number
  /** Messages lost, or perhaps lost: a sequence number left out, a connection made anew. */
  zmq_gaps: number
  /** The socket was made anew because it was silent although blocks came. */
  zmq_silences: number
  /** Questions to bitcoind that failed. */
  failures: number
}

export function createCounters(): ChainCounters {
  return {
    events: {
      'spend-seen': 0, 'spend-replaced': 0, 'spend-evicted': 0, 'spend-confirmed': 0, 'spend-unconfirmed': 0,
      'block-connected': 0, 'block-disconnected': 0, 'chain-health': 0,
    },
    blocks_by_zmq: 0,
    blocks_by_fetch: 0,
    movements_without_room: 0,
    blocks_unseen: 0,
    mempool_passes: 0,
    mempool_readings: 0,
    zmq_messages: 0,
    zmq_malformed: 0,
    zmq_gaps: 0,
    zmq_silences: 0,
    failures: 0,
  }
}
