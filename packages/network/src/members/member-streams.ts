import type { Connection, Stream } from '@libp2p/interface'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { ConnectionObserver } from '../host/connections.ts'
import type { FederationParts } from '../host/parts.ts'
import type { NetworkHandlers } from '../network-init.ts'
import { MemberInbox } from './member-inbox.ts'
import { MemberOutbox } from './member-outbox.ts'

interface MemberStreamsModules extends FederationParts {
  readonly protocol: string
  readonly handlers: Pick<NetworkHandlers, 'onMemberFrame'>
}

/** One stream in each direction for each other member. */
export class MemberStreams implements ConnectionObserver {
  readonly #modules: MemberStreamsModules
  readonly #inboxes = new Map<MemberIndex, MemberInbox>()
  readonly #outboxes = new Map<MemberIndex, MemberOutbox>()
  #stopped = false

  constructor(modules: MemberStreamsModules) {
    this.#modules = modules
    for (const { index, peerId } of modules.roster.others) {
      const connection = (): Connection | null => modules.connections.to(peerId)
      this.#inboxes.set(index, new MemberInbox(index, modules))
      this.#outboxes.set(index, new MemberOutbox(index, { ...modules, connection }))
    }
  }

  /** The handler of the member protocol. */
  readonly onStream = (stream: Stream, connection: Connection): void => {
    const { roster, counters } = this.#modules
    const from = roster.memberOf(connection.remotePeer.toString())
    const inbox = from === null ? undefined : this.#inboxes.get(from)
    if (inbox && !this.#stopped) return inbox.accept(stream)
    counters.add('member_streams_refused')
    stream.abort(new Error('the member protocol is for members'))
  }

  send(to: MemberIndex, bytes: Uint8Array): void {
    this.#outboxes.get(to)?.send(bytes)
  }

  opened(index: MemberIndex): void {
    this.#outboxes.get(index)?.connected()
  }

  closed(): void {
    // An outbox notices by its stream.
  }

  get queued(): number {
    let queued = 0
    for (const outbox of this.#outboxes.values()) queued += outbox.queued
    return queued
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const inbox of this.#inboxes.values()) inbox.stop()
    await Promise.all(Array.from(this.#outboxes.values(), (outbox) => outbox.stop()))
  }
}
