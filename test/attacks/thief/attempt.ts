/** What the thief tells of each thing that he tries: one JSON line on standard output. */

export interface Attempt {
  /** What it was, in a few words. */
  readonly tried: string
  readonly txid: string | null
  readonly vsize: number | null
  /** Of the transaction. */
  readonly fee_sats: number
  /** The part of the fee that comes from the thief's own coins: lost to him once it is mined. */
  readonly own_sats: number
  /** bitcoind's answer, as packages/bitcoind reads it. */
  readonly answer: string
  /** bitcoind's own words; null where it took the transaction. */
  readonly reason: string | null
}
