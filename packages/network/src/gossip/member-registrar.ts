import type { GossipSubComponents } from '@libp2p/gossipsub'
import type { Connection, StreamHandler, StreamHandlerOptions, Topology } from '@libp2p/interface'

type Registrar = GossipSubComponents['registrar']

interface MemberRegistrarModules {
  readonly registrar: Registrar
  /** Whether a stream of this connection may reach gossipsub. */
  readonly admits: (connection: Connection) => boolean
  /** Called with each admitted inbound stream once gossipsub reads it. */
  readonly onStream: (...args: Parameters<StreamHandler>) => void
}

/**
 * The registrar that gossipsub sees: streams of non-members end here, and gossipsub hears of members from us, as soon as
 * a connection is open (not only once identify is through), and again when a stream of its own broke while another
 * connection stayed, which it never notices by itself.
 */
export class MemberRegistrar implements Registrar {
  readonly #registrar: Registrar
  readonly #modules: MemberRegistrarModules
  readonly #topologies = new Map<string, { readonly protocol: string; readonly topology: Topology }>()

  constructor(modules: MemberRegistrarModules) {
    this.#registrar = modules.registrar
    this.#modules = modules
  }

  connected(connection: Connection): void {
    for (const { topology } of this.#topologies.values()) void topology.onConnect?.(connection.remotePeer, connection)
  }

  disconnected(connection: Connection): void {
    for (const { topology } of this.#topologies.values()) void topology.onDisconnect?.(connection.remotePeer)
  }

  async handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void> {
    await this.#registrar.handle(protocol, async (stream, connection) => {
      if (!this.#modules.admits(connection)) return stream.abort(new Error('gossip is for members'))
      await handler(stream, connection)
      this.#modules.onStream(stream, connection)
    }, options)
  }

  async register(protocol: string, topology: Topology): Promise<string> {
    const id = `${protocol}#${this.#topologies.size}`
    this.#topologies.set(id, { protocol, topology })
    return id
  }

  unregister(id: string): void {
    this.#topologies.delete(id)
  }

  getTopologies(protocol: string): Topology[] {
    return [...this.#topologies.values()].filter((entry) => entry.protocol === protocol).map((entry) => entry.topology)
  }

  unhandle(...args: Parameters<Registrar['unhandle']>): Promise<void> {
    return this.#registrar.unhandle(...args)
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
