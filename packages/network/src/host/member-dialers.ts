import type { Connection } from '@libp2p/interface'
import { NetworkError } from '../errors.ts'
import { addressOfPeer, badAddress } from '../identity/address.ts'
import type { FederationInit, MemberContact } from '../network-init.ts'
import type { PeerObserver } from './connections.ts'
import { MemberDialer, type MemberDialerModules } from './member-dialer.ts'
import type { HostParts } from './parts.ts'

type MemberDialersModules = MemberDialerModules & HostParts & { readonly ownPeerId: string }

/** Where all other members are, and how this host comes to be connected with them: once with each, however many locks it is in. */
export class MemberDialers implements PeerObserver {
  readonly #modules: MemberDialersModules
  readonly #dialers: ReadonlyMap<string, MemberDialer>

  /** @throws NetworkError `bad-option` for too many addresses */
  constructor(federations: readonly Pick<FederationInit, 'members'>[], modules: MemberDialersModules) {
    this.#modules = modules
    const contacts = federations.flatMap(({ members }) => members).filter(({ peerId }) => peerId !== modules.ownPeerId)
    this.#dialers = new Map(Array.from(Map.groupBy(contacts, ({ peerId }) => peerId), ([peerId, of]) => [peerId, this.#dialerOf(of)]))
  }

  /** From now on every member is kept connected. */
  start(): void {
    for (const [peerId, dialer] of this.#dialers) dialer.start(this.#modules.ownPeerId < peerId)
  }

  /**
   * The connection to a member, dialled now if there is none.
   * @throws NetworkError `bad-option` for an unknown member; what libp2p throws for a dial that failed
   */
  async connect(peerId: string, signal: AbortSignal): Promise<Connection> {
    return this.#modules.connections.to(peerId) ?? this.#to(peerId).dial(signal)
  }

  /** @throws NetworkError `bad-address`, `bad-option` */
  addAddress(peerId: string, text: string): void {
    const address = addressOfPeer(text, peerId)
    if (!address) throw badAddress(`"${text}" is no address at which ${peerId} can be dialled`)
    this.#to(peerId).addAddress(address)
  }

  opened(peerId: string): void {
    this.#dialers.get(peerId)?.connected()
  }

  closed(peerId: string, _connection: Connection, other: Connection | null): void {
    if (!other) this.#dialers.get(peerId)?.disconnected()
  }

  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#dialers.values(), (dialer) => dialer.stop()))
  }

  /** @param contacts one member, as each lock that names it does */
  #dialerOf(contacts: readonly MemberContact[]): MemberDialer {
    const { log } = this.#modules
    const index = contacts[0]?.index ?? 0
    const dialer = new MemberDialer(index, this.#modules)
    for (const { peerId, addresses } of contacts) {
      for (const text of addresses) {
        const address = addressOfPeer(text, peerId)
        if (address) dialer.addAddress(address)
        // A member wrote it into its own card: that must not keep the others from starting.
        else log('warn', 'address-unusable', { member: index, address: text })
      }
    }
    return dialer
  }

  #to(peerId: string): MemberDialer {
    const dialer = this.#dialers.get(peerId)
    if (dialer) return dialer
    throw new NetworkError('bad-option', `${peerId} is no other member`, 'Check the lock.')
  }
}
