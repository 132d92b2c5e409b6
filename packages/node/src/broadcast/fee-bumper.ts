/** Who pays for a recovery transaction that needs a fee coin: the fee wallet, where one is configured. */
import type { BumpAnswer, DurableEffect } from '@belfry/protocol'
import type { Feerate, Txid } from '@belfry/protocol/primitives'

export type Bump = Extract<DurableEffect, { effect: 'bump' }>

export interface Bumped {
  readonly answer: BumpAnswer
  /** Of the transaction that recovers the coin now: A with its coin, or P; null where none was submitted. */
  readonly txid: Txid | null
  /** What it pays, with its child where it has one; null where none was submitted. */
  readonly feerate: Feerate | null
}

export interface FeeBumper {
  /**
   * Adds a fee coin to the transaction rebuilt from the envelope and submits both. Asked again for the same envelope it replaces
   * what it submitted before, where the new feerate or fee asks for more. Never rejects: what fails is an answer.
   */
  bump(effect: Bump): Promise<Bumped>
}

/** Of a member without a fee wallet. */
export const noFeeWallet: FeeBumper = {
  bump: () => Promise.resolve({ answer: 'no-coin', txid: null, feerate: null }),
}
