import { CodedError } from '@belfry/protocol/primitives'

export type ConfigErrorCode =
  | 'file-unreadable'
  | 'file-too-large'
  /** Not YAML, or YAML with what a configuration does not need: anchors, tags, several documents. */
  | 'file-malformed'
  | 'duplicate-key'
  | 'unknown-key'
  | 'secret-in-file'
  | 'wrong-value'
  | 'missing-value'
  /** Two settings that contradict each other. */
  | 'conflict'
  | 'remote-http'

/** What is wrong with a node's configuration. Never quotes a value: it may be a secret in the wrong place. */
export class ConfigError extends CodedError<ConfigErrorCode> {}
