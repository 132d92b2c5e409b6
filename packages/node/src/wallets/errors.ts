import { CodedError } from '@belfry/protocol/primitives'

export type WatchErrorCode =
  | 'watch-exists'
  | 'no-such-watch'
  | 'watch-ambiguous'
  | 'watch-malformed'
  | 'too-many-watches'
  | 'too-many-scripts'
  | 'too-many-outpoints'
  /** The node runs. Same meaning as the store's own. */
  | 'store-locked'
  | 'no-data-directory'
  | 'wrong-user'
  /** A row that this version cannot read. */
  | 'watch-unreadable'
  | 'wrong-network'

/** What is wrong with something to watch, or with changing the list of it. Never quotes a descriptor or an xpub. */
export class WatchError extends CodedError<WatchErrorCode> {}
