import type { Connection } from '@libp2p/interface'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { NetworkError } from '../errors.ts'
import { addressOfPeer } from '../identity/address.ts'
import type { MemberContact } from '../network-init.ts'
import type { ConnectionObserver } from './connections.ts'
import { MemberDialer, type MemberDialerModules } from './member-dialer.ts'
import type { HostParts } from './parts.ts'

type MemberDialersModules = MemberDialerModules & HostParts

/** Where all other members are, and how this host comes to be connected with them. */
export class MemberDialers implements ConnectionObserver {
  readonly #modules: MemberDialersModules
  readonly #members = new Map<MemberIndex, { readonly peerId: string; readonly dialer: MemberDialer }>()

  /** @throws NetworkError `bad-address`, `bad-option` */
  constructor(contacts: readonly MemberContact[], modules: MemberDialersModules) {
    this.#modules = modules
    for (const { index, peerId, addresses } of contacts) {
      if (index === modules.roster.self) continue
      const dialer = new MemberDialer(index, modules)
      for (const address of addresses) dialer.addAddress(addressOfPeer(address, peerId))
      this.#members.set(index, { peerId, dialer })
    }
  }

  /** From now on every member is kept connected. */
  start(): void {
    const self = this.#modules.roster.self ?? 0
    for (const [index, { dialer }] of this.#members) dialer.start(self < index)
  }

  /**
   * The connection to a member, dialled now if there is none.
   * @throws NetworkError `bad-option` for an unknown member; what libp2p throws for a dial that failed
   */
  async connect(to: MemberIndex, signal: AbortSignal): Promise<Connection> {
    const { peerId, dialer } = this.#memberAt(to)
    return this.#modules.connections.to(peerId) ?? dialer.dial(signal)
  }

  /** @throws NetworkError `bad-address`, `bad-option` */
  addAddress(index: MemberIndex, address: string): void {
    const { peerId, dialer } = this.#memberAt(index)
    dialer.addAddress(addressOfPeer(address, peerId))
  }

  opened(index: MemberIndex): void {
    this.#members.get(index)?.dialer.connected()
  }

  closed(index: MemberIndex, _connection: Connection, other: Connection | null): void {
    if (!other) this.#members.get(index)?.dialer.disconnected()
  }

  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#members.values(), ({ dialer }) => dialer.stop()))
  }

  #memberAt(index: MemberIndex): { readonly peerId: string; readonly dialer: MemberDialer } {
    const member = this.#members.get(index)
    if (member) return member
    throw new NetworkError('bad-option', `there is no other member ${index}`, 'Check the index in the lock.')
  }
}
