import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { NetworkHost } from '../../src/index.ts'
import type { Identity } from './identities.ts'

/** A host that obeys none of our rules: a stranger, or a member or owner that misbehaves. */
export async function startRawHost(identity: Identity): Promise<Libp2p> {
  return createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', identity.seed),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  })
}

interface Listening {
  readonly network: Pick<NetworkHost, 'listening'>
  readonly identity: Pick<Identity, 'peerId'>
}

export async function dialFrom(host: Libp2p, member: Listening): Promise<Connection> {
  const [address] = member.network.listening()
  if (address === undefined) throw new Error('the member does not listen')
  return host.dial(multiaddr(`${address}/p2p/${member.identity.peerId}`), { signal: AbortSignal.timeout(10_000) })
}

/** From now on nobody negotiates the streams that the other side opens; it learns only by its own timeout. */
export function leaveStreamsUnanswered(connection: Connection): void {
  const muxer: unknown = Reflect.get(connection, 'muxer')
  const listener: unknown = Reflect.get(connection, 'onIncomingStream')
  if (!(muxer instanceof EventTarget) || typeof listener !== 'function') throw new Error('libp2p is built otherwise now')
  muxer.removeEventListener('stream', listener as (event: Event) => void)
}
