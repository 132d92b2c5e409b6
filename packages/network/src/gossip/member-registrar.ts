import type { GossipSubComponents } from '@libp2p/gossipsub'
import type { Connection, Stream, StreamHandler, StreamHandlerOptions, Topology } from '@libp2p/interface'

type Registrar = GossipSubComponents['registrar']

interface MemberRegistrarModules {
  /** gossipsub's own names of its protocols, which it knows their features by, stand behind it. */
  readonly protocolPrefix: string
  readonly registrar: Registrar
  /** Whether a stream of this connection may reach gossipsub. */
  readonly admits: (connection: Connection) => boolean
  /** Called with each admitted inbound stream once gossipsub reads it. */
  readonly onStream: (...args: Parameters<StreamHandler>) => void
}

/**
 * The registrar that gossipsub sees. Streams of non-members end here. It hears of a member from us, with a stream that
 * is open already: left to itself it opens its streams one after the other, so that one member that stalls its
 * negotiation would hold up those to all others, and it opens none again after one broke while the connection stayed.
 */
export class MemberRegistrar implements Registrar {
  readonly #registrar: Registrar
  readonly #modules: MemberRegistrarModules
  /** By protocol: gossipsub registers one and the same for each version that it speaks. */
  readonly #topologies = new Map<string, Topology>()

  constructor(modules: MemberRegistrarModules) {
    this.#registrar = modules.registrar
    this.#modules = modules
  }

  /** Gives gossipsub the stream to a member. */
  opened(stream: Stream, connection: Connection): void {
    const [topology] = this.#topologies.values()
    stream.protocol = stream.protocol.slice(this.#modules.protocolPrefix.length)
    void topology?.onConnect?.(connection.remotePeer, withStream(connection, stream))
  }

  disconnected(connection: Connection): void {
    const [topology] = this.#topologies.values()
    void topology?.onDisconnect?.(connection.remotePeer)
  }

  async handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void> {
    await this.#registrar.handle(this.#modules.protocolPrefix + protocol, async (stream, connection) => {
      if (!this.#modules.admits(connection)) return stream.abort(new Error('not admitted to gossip'))
      await handler(stream, withStream(connection, null))
      // gossipsub listens by now: had we listened first, we would have taken what has arrived already.
      this.#modules.onStream(stream, connection)
    }, options)
  }

  async register(protocol: string, topology: Topology): Promise<string> {
    this.#topologies.set(protocol, topology)
    return protocol
  }

  unregister(id: string): void {
    this.#topologies.delete(id)
  }

  getTopologies(protocol: string): Topology[] {
    const topology = this.#topologies.get(protocol)
    return topology ? [topology] : []
  }

  unhandle(protocol: string): Promise<void> {
    return this.#registrar.unhandle(this.#modules.protocolPrefix + protocol)
  }

  getProtocols(): string[] {
    return this.#registrar.getProtocols()
  }

  getHandler(protocol: string): ReturnType<Registrar['getHandler']> {
    return this.#registrar.getHandler(protocol)
  }

  use(...args: Parameters<Registrar['use']>): void {
    this.#registrar.use(...args)
  }

  unuse(protocol: string): void {
    this.#registrar.unuse(protocol)
  }

  getMiddleware(protocol: string): ReturnType<Registrar['getMiddleware']> {
    return this.#registrar.getMiddleware(protocol)
  }
}

/** The connection, but opening a stream gives this one, or fails at once where there is none. */
function withStream(connection: Connection, stream: Stream | null): Connection {
  const newStream: Connection['newStream'] = async () => {
    if (stream?.status === 'open') return stream
    throw new Error('the stream to this member comes later')
  }
  return new Proxy(connection, {
    get: (target, key) => key === 'newStream' ? newStream : Reflect.get(target, key, target),
  })
}
