/**
 * What each answer to a broadcast calls for, in one closed table. No answer ends anything: every refusal is asked about again
 * with the next block at the latest, for as long as the incident is open.
 */
import type { BumpAnswer } from '../core/input.ts'

export type AnswerAction =
  | 'success'
  /** It pays too little: the next rung up. While U is unconfirmed rungs are packages with it, so that both count. */
  | 'higher-rung'
  /** Another transaction has the coin in the mempool. One of ours is adopted; against any other the next rung is tried. */
  | 'look-at-conflict'
  /**
   * The coin is not there: U was replaced by another variant, or the coin is spent. No other rung of this ladder fares better.
   * The follower of my chain tells who spent the deposit; the ladder of that U is taken then.
   */
  | 'find-spender'
  /** Valid later: each block asks again. */
  | 'keep-until-final'
  | 'keep'
  /** This mempool does not take it as it is: another envelope may do. */
  | 'next-envelope'
  /** It can never be valid: told at once as the dealer's fault, and the next envelope is tried. */
  | 'bad-set'

export const ACTION_ON: Readonly<Record<BumpAnswer, AnswerAction>> = {
  accepted: 'success',
  'already-known': 'success',
  'fee-too-low': 'higher-rung',
  conflict: 'look-at-conflict',
  'inputs-missing': 'find-spender',
  'not-final': 'keep-until-final',
  unreachable: 'keep',
  'mempool-limits': 'next-envelope',
  'non-standard': 'next-envelope',
  rejected: 'next-envelope',
  'script-invalid': 'bad-set',
  invalid: 'bad-set',
  // A needs a coin of the right size and P any: the other of the two may find one.
  'no-coin': 'next-envelope',
  'over-budget': 'keep',
}

const GIVES_WAY: ReadonlySet<AnswerAction> = new Set(['higher-rung', 'look-at-conflict', 'next-envelope', 'bad-set'])

/**
 * Whether the transaction gives way to another envelope's, until the chain changes.
 * @param isAdopted what has the coin in my mempool is a recovery transaction that pays as much
 */
export function givesWay(answer: BumpAnswer, isAdopted: boolean): boolean {
  const action = ACTION_ON[answer]
  return GIVES_WAY.has(action) && !(isAdopted && action === 'look-at-conflict')
}

/** Refused for what it pays, or for a transaction in its way: more might do. */
export function wantsMore(answer: BumpAnswer): boolean {
  return answer === 'fee-too-low' || answer === 'conflict'
}
