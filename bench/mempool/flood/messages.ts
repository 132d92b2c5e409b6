/** What the benchmark and its publisher's process say to each other. */

/** A transaction that is to be found among the others. */
export interface Hit {
  readonly bytes: Uint8Array
  /** In RPC order. */
  readonly txid: string
}

export type Command =
  /** Transactions to be mixed, evenly, into what the next `run` publishes. */
  | { readonly kind: 'prepare'; readonly hits: readonly Hit[] }
  /** One transaction, for whoever is connected already. */
  | { readonly kind: 'knock' }
  | {
    readonly kind: 'run'
    readonly count: number
    /** Transactions a second; null: as fast as they are taken, and never more than a window ahead. */
    readonly rate: number | null
  }
  /** So many transactions of the run under way have been taken. */
  | { readonly kind: 'taken'; readonly count: number }

export type Report =
  | { readonly kind: 'bound'; readonly rawtx: string; readonly sequence: string }
  | { readonly kind: 'prepared' }
  | {
    readonly kind: 'sent'
    /** Of the first, and of each hit in its order; on the machine's monotonic clock, just before it was published. */
    readonly started_ms: number
    readonly hits_ms: readonly number[]
    /** Serialised, of all together. */
    readonly bytes: number
  }

/**
 * Of what waits at the publisher to be sent, more is dropped. Ten times what bitcoind has by default (`-zmqpub…hwm`): here its
 * threads share two cores with those who listen, and must not lose what is to be measured there.
 */
export const HIGH_WATER_MARK = 10_000

/**
 * Nothing is dropped of what is less than this ahead: ZMQ notes what was taken by half a mark at a time, and one topic may be
 * twice as far behind as both are together.
 */
export const WINDOW = 0.2 * HIGH_WATER_MARK

/** Which of so many transactions, from 0 on, are hits: evenly. */
export function placesOf(count: number, hits: number): number[] {
  return Array.from({ length: hits }, (_, at) => Math.floor((at + 0.5) * count / hits))
}
