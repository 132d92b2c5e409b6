import { CodedError } from '@belfry/protocol/primitives'

export type DescriptorErrorCode =
  /** A private key where only public ones may be. Nothing of it was kept. */
  | 'private-key-given'
  | 'descriptor-too-long'
  | 'descriptor-checksum'
  | 'descriptor-malformed'
  /** Well formed, but not what Belfry can derive scripts of. */
  | 'descriptor-unsupported'
  /** Keys or addresses of another network. */
  | 'descriptor-network'
  | 'xpub-malformed'
  | 'xpub-ambiguous'
  | 'script-malformed'

/**
 * What is wrong with something to watch. Never quotes it: who knows an xpub knows every address of it, and what was given
 * by mistake may be a secret.
 */
export class DescriptorError extends CodedError<DescriptorErrorCode> {}
