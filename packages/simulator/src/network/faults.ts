export interface NetworkFaults {
  /** Longest usual delay. */
  readonly delay_ms: number
  /** Chance that a message takes twenty times as long, and so is overtaken. */
  readonly straggles: number
  readonly drops: number
  readonly duplicates: number
  /** Mean time between two messages that are delivered once more, long after; null for none. */
  readonly replay_ms: number | null
}
