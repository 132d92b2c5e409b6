import { CodedError } from '@belfry/protocol/primitives'

/**
 * - `bad-address`: no multiaddr that Belfry can dial or listen on, or one of another peer
 * - `bad-identity`: a seed, public key or peer id that is none, or that does not fit the roster
 * - `bad-option`: a limit or list outside its bounds
 * - `listen-failed`: the host could not open its listening addresses
 * - `unreachable`: no connection to the member could be made
 * - `timeout`: connected perhaps, but no answer in time
 * - `refused`: the member does not serve us (not admitted, over budget, another federation)
 * - `failed`: the member could not handle this request
 * - `too-large`: request or response over its limit
 * - `closed`: the member closed the stream before its answer was complete
 * - `malformed`: the member's answer is no frame of ours
 * - `aborted`: the caller gave up
 * - `stopped`: this network was stopped
 */
export type NetworkErrorCode =
  | 'bad-address' | 'bad-identity' | 'bad-option' | 'listen-failed'
  | 'unreachable' | 'timeout' | 'refused' | 'failed' | 'too-large' | 'closed' | 'malformed' | 'aborted' | 'stopped'

export class NetworkError extends CodedError<NetworkErrorCode> {}
