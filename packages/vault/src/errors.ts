import { CodedError } from '@belfry/protocol/primitives'

export type VaultErrorCode =
  // values of a plan
  | 'key-repeated'
  | 'threshold-out-of-range'
  | 'csv-out-of-range'
  | 'address-invalid'
  | 'script-not-sane'
  | 'feerates-invalid'
  | 'percent-out-of-range'
  | 'vault-too-small'
  | 'fee-coins-unsafe'
  | 'dead-man-invalid'
  // files
  | 'file-too-large'
  | 'file-malformed'
  | 'file-format'
  | 'file-version'
  | 'file-unknown-field'
  | 'file-missing-field'
  | 'file-inconsistent'
  // bytes
  | 'transaction-malformed'
  | 'transaction-too-large'
  // signing
  | 'signing-key-unknown'
  | 'signatures-missing'
  | 'signature-invalid'
  | 'psbt-malformed'
  | 'psbt-foreign'
  | 'psbt-changed'
  | 'set-refused'
  // timelock-recovery plans (BIP-128)
  | 'timelock-plan-refused'
  | 'timelock-plan-impossible'
  // the deposit to come
  | 'funding-unfit'
  // spends
  | 'spend-impossible'
  // fee coins
  | 'fee-parent-unfit'
  | 'fee-coin-too-small'

/** What this package throws, and nothing else, whatever bytes it is given. */
export class VaultError extends CodedError<VaultErrorCode> {}
