import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface'
import type { PlainCounterName } from '../counters.ts'
import { TokenBucket } from '../framing/token-bucket.ts'
import type { HostParts } from './parts.ts'

/** Addresses that came of late; beyond that the oldest start anew. */
const ADDRESSES_MAX = 4096

/**
 * Members and admitted owners may connect to a member, members alone are dialled. Who somebody is, is known only after
 * the handshake: until then the limits of the connection manager hold, and, since that lets the addresses of members
 * through, a rate for each address.
 */
export function createGater(modules: HostParts): ConnectionGater {
  const { admission, counters, log } = modules
  const isStranger = (peerId: PeerId): boolean => !admission.isMember(peerId.toString())
  const addressRates = new Map<string, TokenBucket>()
  const ownerRates = new Map<string, TokenBucket>()
  const refuse = (refusal: PlainCounterName, peer: string): true => {
    counters.add(refusal)
    log('debug', 'connection-refused', { peer, cause: refusal })
    return true
  }

  return {
    denyDialPeer: isStranger,
    denyOutboundConnection: isStranger,
    denyOutboundEncryptedConnection: isStranger,
    denyInboundConnection(connection) {
      if (!admission.acceptsInbound) return true
      const address = addressOf(connection)
      return !isInRate(address, addressRates, modules) && refuse('connections_refused_address_rate', address)
    },
    denyInboundEncryptedConnection(peerId) {
      const refusal = refusalOf(peerId.toString(), ownerRates, modules)
      return refusal !== null && refuse(refusal, peerId.toString())
    },
  }
}

function refusalOf(peerId: string, rates: Map<string, TokenBucket>, modules: HostParts): PlainCounterName | null {
  const { admission, connections, limits, now } = modules
  if (admission.isMember(peerId)) return null
  if (!admission.isOwner(peerId)) return 'connections_refused_stranger'
  if (connections.ofOwners() >= limits.ownerConnections) return 'connections_refused_owner_limit'
  const perMinute = limits.ownerConnectionsPerMinute
  const rate = rates.get(peerId) ?? new TokenBucket(perMinute / 60, perMinute, now())
  rates.set(peerId, rate)
  return rate.take(1, now()) ? null : 'connections_refused_owner_rate'
}

/** The IP address, without the port. */
function addressOf({ remoteAddr }: MultiaddrConnection): string {
  return remoteAddr.getComponents()[0]?.value ?? ''
}

function isInRate(address: string, rates: Map<string, TokenBucket>, { limits, now }: HostParts): boolean {
  const perSecond = limits.addressConnectionsPerSecond
  const rate = rates.get(address) ?? new TokenBucket(perSecond, perSecond, now())
  rates.delete(address)
  rates.set(address, rate)
  const [oldest] = rates.keys()
  if (rates.size > ADDRESSES_MAX && oldest !== undefined) rates.delete(oldest)
  return rate.take(1, now())
}
