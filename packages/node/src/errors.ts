import { CodedError } from '@belfry/protocol/primitives'

export type NodeErrorCode =
  | 'not-a-member'
  | 'not-an-owner-card'
  | 'file-unreadable'
  /** The loop, the disk or the chain watcher ended. */
  | 'broken'

/** What keeps a node from starting, or ends it. */
export class NodeError extends CodedError<NodeErrorCode> {}

/** Causes of causes that are looked at. */
const MAX_DEPTH = 8

/**
 * What ends a running node, in the words of the innermost cause that has some: they reach whoever started it by standard error and
 * exit code, where the log may be on the very disk that is full.
 */
export function brokenBy(cause: unknown): NodeError {
  const told = innermost(cause, MAX_DEPTH)
  const message = told === null ? 'the node ended' : `the node ended: ${told.message}`
  return new NodeError('broken', message, told?.remedy ?? 'Read the log; start it again once the cause is gone.', { cause })
}

function innermost(error: unknown, depth: number): CodedError<string> | null {
  if (!(error instanceof Error) || depth === 0) return null
  return innermost(error.cause, depth - 1) ?? (error instanceof CodedError ? error : null)
}
