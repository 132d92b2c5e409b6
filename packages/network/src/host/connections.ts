import type { Connection } from '@libp2p/interface'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Counters } from '../counters.ts'
import type { NetworkLog } from '../network-init.ts'
import type { Admission } from './admission.ts'
import type { Roster } from './roster.ts'

/**
 * Two hosts that dial each other at once end up with two connections, and a host that lost power leaves a dead one
 * behind until its probe fails. Beyond this the oldest is closed: its peer has proved that it moved on.
 */
export const CONNECTIONS_PER_PEER = 3

export interface ConnectionObserver {
  /** `first`: there was none to this member. */
  opened(index: MemberIndex, connection: Connection, first: boolean): void
  /** `other` is a connection that is still open, null when that was the last. */
  closed(index: MemberIndex, connection: Connection, other: Connection | null): void
}

/** The same of every peer, under whichever lock. */
export interface PeerObserver {
  opened(peerId: string, connection: Connection, first: boolean): void
  closed(peerId: string, connection: Connection, other: Connection | null): void
}

interface ConnectionsModules {
  readonly admission: Admission
  readonly counters: Counters
  readonly log: NetworkLog
}

/** The open connections, by peer, oldest first. */
export class Connections {
  readonly #open = new Map<string, Connection[]>()
  readonly #observers: PeerObserver[] = []
  readonly #modules: ConnectionsModules

  constructor(modules: ConnectionsModules) {
    this.#modules = modules
  }

  observePeers(observer: PeerObserver): void {
    this.#observers.push(observer)
  }

  /** Tells of the members of one lock. */
  observe(roster: Roster, observer: ConnectionObserver): void {
    this.observePeers({
      opened(peerId, connection, first) {
        const index = roster.memberOf(peerId)
        if (index !== null) observer.opened(index, connection, first)
      },
      closed(peerId, connection, other) {
        const index = roster.memberOf(peerId)
        if (index !== null) observer.closed(index, connection, other)
      },
    })
  }

  readonly onOpen = ({ detail: connection }: CustomEvent<Connection>): void => {
    if (connection.status !== 'open') return
    const peerId = connection.remotePeer.toString()
    const open = [...this.#ofPeer(peerId), connection]
    this.#open.set(peerId, open)
    this.#modules.counters.add('connections_opened')
    for (const observer of this.#observers) observer.opened(peerId, connection, open.length === 1)
    if (open.length > CONNECTIONS_PER_PEER) this.#replaceOldest(open)
  }

  readonly onClose = ({ detail: connection }: CustomEvent<Connection>): void => {
    const peerId = connection.remotePeer.toString()
    const before = this.#ofPeer(peerId)
    if (!before.includes(connection)) return
    // Others that are closing too go with it, so that the last one to go is seen once.
    const left = before.filter((other) => other !== connection && other.status === 'open')
    if (left.length === 0) this.#open.delete(peerId)
    else this.#open.set(peerId, left)
    this.#modules.counters.add('connections_closed', before.length - left.length)
    const other = left.at(-1) ?? null
    for (const observer of this.#observers) observer.closed(peerId, connection, other)
  }

  /** The newest open connection to a peer. */
  to(peerId: string): Connection | null {
    return this.#ofPeer(peerId).findLast((connection) => connection.status === 'open') ?? null
  }

  ofOwners(): number {
    let count = 0
    for (const [peerId, open] of this.#open) if (this.#modules.admission.isOwner(peerId)) count += open.length
    return count
  }

  connectedMembers(roster: Roster): MemberIndex[] {
    return roster.others.filter(({ peerId }) => this.#open.has(peerId)).map(({ index }) => index)
  }

  /** Forgets all, once nothing is to be heard of them any more. */
  clear(): void {
    this.#open.clear()
  }

  #ofPeer(peerId: string): readonly Connection[] {
    return this.#open.get(peerId) ?? []
  }

  #replaceOldest(open: readonly Connection[]): void {
    const [oldest] = open
    if (!oldest) return
    this.#modules.counters.add('connections_replaced')
    this.#modules.log('debug', 'connection-replaced', { peer: oldest.remotePeer.toString() })
    oldest.abort(new Error('replaced by a newer connection'))
  }
}
