export type FindingCode =
  // the set as a whole
  | 'transaction-missing'
  | 'transaction-unexpected'
  | 'transaction-repeated'
  | 'destination-not-confirmed'
  // one transaction
  | 'undecodable'
  | 'wrong-version'
  | 'wrong-locktime'
  | 'wrong-input-count'
  | 'wrong-outpoint'
  | 'wrong-sequence'
  | 'script-sig-present'
  | 'wrong-output-count'
  | 'wrong-output-script'
  | 'wrong-anchor'
  | 'fee-below-rate'
  | 'fee-above-rate'
  | 'unvault-unusable'
  // its witness
  | 'witness-shape'
  | 'wrong-witness-script'
  | 'signature-encoding'
  | 'signature-sighash-type'
  | 'signature-invalid'

/** One thing that is wrong with a recovery set. */
export interface Finding {
  readonly code: FindingCode
  /** The transaction's id as given; undefined where the set as a whole is meant. */
  readonly id?: string
  /** One sentence, without bytes of any transaction. */
  readonly sentence: string
}

/** Names one transaction in all that is found about it. */
export type Finder = (code: FindingCode, sentence: string) => Finding

export function finderOf(id: string): Finder {
  return (code, sentence) => ({ code, id, sentence: `${id}: ${sentence}` })
}
