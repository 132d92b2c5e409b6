import { CodedError } from '@belfry/protocol/primitives'

export type NodeErrorCode =
  | 'not-a-member'
  | 'not-an-owner-card'
  | 'file-unreadable'
  /** The loop, the disk or the chain watcher ended. */
  | 'broken'

/** What keeps a node from starting, or ends it. */
export class NodeError extends CodedError<NodeErrorCode> {}
