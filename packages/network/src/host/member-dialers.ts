import type { Connection } from '@libp2p/interface'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { NetworkError } from '../errors.ts'
import { addressOfPeer, badAddress } from '../identity/address.ts'
import type { MemberContact } from '../network-init.ts'
import type { ConnectionObserver } from './connections.ts'
import { MemberDialer, type MemberDialerModules } from './member-dialer.ts'
import type { HostParts } from './parts.ts'

type MemberDialersModules = MemberDialerModules & HostParts

/** Where all other members are, and how this host comes to be connected with them. */
export class MemberDialers implements ConnectionObserver {
  readonly #modules: MemberDialersModules
  readonly #members = new Map<MemberIndex, { readonly peerId: string; readonly dialer: MemberDialer }>()

  /** @throws NetworkError `bad-option` for too many addresses */
  constructor(contacts: readonly MemberContact[], modules: MemberDialersModules) {
    this.#modules = modules
    for (const { index, peerId, addresses } of contacts) {
      if (index === modules.roster.self) continue
      const dialer = new MemberDialer(index, modules)
      for (const text of addresses) {
        const address = addressOfPeer(text, peerId)
        if (address) dialer.addAddress(address)
        // A member wrote it into its own card: that must not keep the others from starting.
        else modules.log('warn', 'address-unusable', { member: index, address: text })
      }
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
  addAddress(index: MemberIndex, text: string): void {
    const { peerId, dialer } = this.#memberAt(index)
    const address = addressOfPeer(text, peerId)
    if (!address) throw badAddress(`"${text}" is no address at which member ${index} can be dialled`)
    dialer.addAddress(address)
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
