import { CodedError } from '@belfry/protocol/primitives'

/** Closed, and short, so that a code doubles as a metric label. */
export type ChainErrorCode =
  /** A transaction or block ends in the middle of a field. */
  | 'truncated'
  /** A transaction or block whose bytes break Bitcoin's serialisation. */
  | 'malformed'
  /** Bytes follow after the end. */
  | 'trailing-bytes'
  /** bitcoind gave another block than was asked for, or one that is not on the last. */
  | 'wrong-block'
  /** bitcoind has the header of the next block but not the block: pruned, or not fetched yet. */
  | 'block-missing'
  /** bitcoind knows none of the blocks that were seen here before. */
  | 'no-common-block'
  | 'too-many-watched'
  /** The watcher was stopped. */
  | 'stopped'

const REMEDIES: Readonly<Record<ChainErrorCode, string>> = {
  truncated: 'Nothing to do when it is rare: the block or transaction is asked for again.',
  malformed: 'Nothing to do when it is rare: the block or transaction is asked for again.',
  'trailing-bytes': 'Nothing to do when it is rare: the block or transaction is asked for again.',
  'wrong-block': 'Check that the configured RPC and ZMQ addresses belong to one bitcoind.',
  'block-missing': 'Wait for bitcoind to fetch the block; where it is pruned, raise prune= or reindex.',
  'no-common-block': 'Check that this is the bitcoind, and the network, that this node has followed before.',
  'too-many-watched': 'Guard fewer vaults with this node, or watch less besides (belfry watch list).',
  stopped: 'Nothing to do.',
}

export class ChainError extends CodedError<ChainErrorCode> {
  constructor(code: ChainErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, REMEDIES[code], options)
  }
}
