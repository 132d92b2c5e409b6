import { NetworkError } from './errors.ts'

/**
 * What one host spends on others, at most. Bytes per second are per peer, so the bounds of a whole host are these times
 * the number of members.
 */
export interface NetworkLimits {
  /** One gossip message. A vote carries a raw transaction, by relay rules at most 400,000 bytes. */
  readonly maxGossipBytes: number
  /** One frame between members. */
  readonly maxFrameBytes: number
  /** One request of an owner: a manifest with its envelopes and one member's shares. */
  readonly maxRequestBytes: number
  readonly maxResponseBytes: number
  /** Frames waiting for one member; the oldest goes first. */
  readonly sendQueueFrames: number
  readonly sendQueueBytes: number
  /** Frames read from one member, each counted with 1 KiB more than its bytes. */
  readonly memberBytesPerSecond: number
  readonly memberBurstBytes: number
  /** Gossip read from one member, who forwards what all others sent. */
  readonly gossipBytesPerSecond: number
  readonly gossipBurstBytes: number
  /** Gossip verdicts of one forwarder under way at once; further messages are ignored and may come again. */
  readonly pendingVerdicts: number
  readonly ownerRequestsPerMinute: number
  readonly ownerConcurrentRequests: number
  readonly ownerBytesPerMinute: number
  /** From one address, a member's included: each handshake costs some 3 ms. As many at once, too. */
  readonly addressConnectionsPerSecond: number
  readonly ownerConnectionsPerMinute: number
  /** Connections of all owners together, so that they cannot crowd the members out. */
  readonly ownerConnections: number
  /** An owner's request from its first byte to its answer; the handler's time included. */
  readonly requestTimeout_ms: number
  readonly dialTimeout_ms: number
  readonly redialMin_ms: number
  readonly redialMax_ms: number
  /** How often a connection is probed; one that does not answer is dropped and dialled again. */
  readonly pingInterval_ms: number
}

const KIB = 1024
const MIB = 1024 * KIB

const DEFAULT_LIMITS: NetworkLimits = {
  maxGossipBytes: 512 * KIB,
  maxFrameBytes: MIB,
  maxRequestBytes: 4 * MIB,
  maxResponseBytes: 4 * MIB,
  sendQueueFrames: 1024,
  sendQueueBytes: 8 * MIB,
  memberBytesPerSecond: 4 * MIB,
  memberBurstBytes: 16 * MIB,
  gossipBytesPerSecond: 4 * MIB,
  gossipBurstBytes: 16 * MIB,
  // A vote and a receipt for each of the 1,024 vaults that a federation guards.
  pendingVerdicts: 2048,
  ownerRequestsPerMinute: 120,
  ownerConcurrentRequests: 4,
  ownerBytesPerMinute: 64 * MIB,
  addressConnectionsPerSecond: 32,
  ownerConnectionsPerMinute: 60,
  ownerConnections: 256,
  requestTimeout_ms: 30_000,
  dialTimeout_ms: 10_000,
  redialMin_ms: 100,
  redialMax_ms: 15_000,
  pingInterval_ms: 5_000,
}

/** @throws NetworkError `bad-option` for a limit that is no positive safe integer, or that one message exceeds */
export function completeLimits(given: Partial<NetworkLimits>): NetworkLimits {
  const limits = { ...DEFAULT_LIMITS, ...given }
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value <= 0) throw badLimit(`${name} must be a positive integer`)
  }
  if (limits.memberBurstBytes < 2 * limits.maxFrameBytes) throw badLimit('memberBurstBytes must hold two frames')
  if (limits.sendQueueBytes < 2 * limits.maxFrameBytes) throw badLimit('sendQueueBytes must hold two frames')
  if (limits.ownerBytesPerMinute < limits.maxRequestBytes) throw badLimit('ownerBytesPerMinute must hold one request')
  if (limits.redialMax_ms < limits.redialMin_ms) throw badLimit('redialMax_ms must not be below redialMin_ms')
  return limits
}

function badLimit(sentence: string): NetworkError {
  return new NetworkError('bad-option', sentence, 'Correct the limit, or leave it out to get the default.')
}
