import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { NetworkError } from '../errors.ts'

/** 253 characters of host name, the peer id and the protocol names. */
const ADDRESS_TEXT_MAX = 400
const HOST_PROTOCOLS: ReadonlySet<string> = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6'])

interface Address {
  readonly multiaddr: Multiaddr
  /** The literal address, null for a name. */
  readonly ip: { readonly kind: 'ip4' | 'ip6'; readonly value: string } | null
  readonly peerId: string | null
}

/** Whether Belfry can dial or listen on this text: an IP address or a name, a TCP port and perhaps a peer id. */
export function isMultiaddr(text: string): boolean {
  return readAddress(text) !== null
}

/**
 * A peer's address with its id at the end, so that nobody else can answer there; null for one that cannot be dialled, or
 * that names another peer.
 */
export function addressOfPeer(text: string, peerId: string): Multiaddr | null {
  const address = readAddress(text)
  if (address?.peerId === null) return address.multiaddr.encapsulate(`/p2p/${peerId}`)
  return address?.peerId === peerId ? address.multiaddr : null
}

/** null for what Belfry can neither dial nor listen on. */
export function readAddress(text: string): Address | null {
  if (text.length > ADDRESS_TEXT_MAX) return null
  const parsed = tryMultiaddr(text)
  const [host, tcp, peer, ...rest] = parsed?.getComponents() ?? []
  if (!parsed || !host || !HOST_PROTOCOLS.has(host.name) || tcp?.name !== 'tcp' || rest.length > 0) return null
  if (peer && peer.name !== 'p2p') return null
  const ip = (host.name === 'ip4' || host.name === 'ip6') && host.value !== undefined
    ? { kind: host.name, value: host.value } as const
    : null
  return { multiaddr: parsed, ip, peerId: peer?.value ?? null }
}

function tryMultiaddr(text: string): Multiaddr | null {
  try {
    return multiaddr(text)
  } catch {
    return null
  }
}

export function badAddress(sentence: string): NetworkError {
  return new NetworkError('bad-address', sentence,
    'Write it like /ip4/203.0.113.7/tcp/9735 or /dns4/belfry.example/tcp/9735.')
}
