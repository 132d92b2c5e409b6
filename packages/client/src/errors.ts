import { CodedError } from '@belfry/protocol/primitives'

export { CodedError, SchemaError } from '@belfry/protocol/primitives'

export type ClientErrorCode =
  /** The bundle does not open to what it should: nothing was sent. */
  | 'bundle-broken'
  | 'too-few-receipts'
  | 'too-few-took-it'
  | 'file-exists'
  | 'file-unreadable'
  | 'file-malformed'
  | 'file-not-written'
  | 'wrong-owner'
  | 'wrong-network'
  | 'wrong-federation'
  | 'deposit-not-found'
  | 'deposit-differs'
  /** Neither unspent nor spent in the blocks that were searched. */
  | 'coin-not-found'
  | 'blocks-pruned'
  /** Transactions of another custody scheme that no federation can guard so. */
  | 'custody-refused'
  | 'plan-not-fit'
  | 'signatures-missing'
  | 'not-a-signer'
  | 'not-enrolled'
  | 'command-malformed'
  /** No block to anchor a command at. */
  | 'no-anchor'
  | 'unreachable'
  | 'refused'

/** What keeps an owner's request from succeeding. */
export class ClientError extends CodedError<ClientErrorCode> {}
