import type { ConnectionGater, PeerId } from '@libp2p/interface'
import type { PlainCounterName } from '../counters.ts'
import { TokenBucket } from '../framing/token-bucket.ts'
import type { HostParts } from './parts.ts'

/**
 * Members and admitted owners may connect to a member, members alone are dialled. Who somebody is, is known only after
 * the handshake: until then the limits of the connection manager hold.
 */
export function createGater(modules: HostParts): ConnectionGater {
  const { roster } = modules
  const isStranger = (peerId: PeerId): boolean => roster.memberOf(peerId.toString()) === null
  const ownerRates = new Map<string, TokenBucket>()

  return {
    denyDialPeer: isStranger,
    denyOutboundConnection: isStranger,
    denyOutboundEncryptedConnection: isStranger,
    denyInboundConnection: () => roster.self === null,
    denyInboundEncryptedConnection(peerId) {
      const refusal = refusalOf(peerId.toString(), ownerRates, modules)
      if (refusal === null) return false
      modules.counters.add(refusal)
      modules.log('debug', 'connection-refused', { peer: peerId.toString(), cause: refusal })
      return true
    },
  }
}

function refusalOf(peerId: string, rates: Map<string, TokenBucket>, modules: HostParts): PlainCounterName | null {
  const { roster, connections, limits, now } = modules
  if (roster.memberOf(peerId) !== null) return null
  if (!roster.isOwner(peerId)) return 'connections_refused_stranger'
  if (connections.ofOwners() >= limits.ownerConnections) return 'connections_refused_owner_limit'
  const perMinute = limits.ownerConnectionsPerMinute
  const rate = rates.get(peerId) ?? new TokenBucket(perMinute / 60, perMinute, now())
  rates.set(peerId, rate)
  return rate.take(1, now()) ? null : 'connections_refused_owner_rate'
}
