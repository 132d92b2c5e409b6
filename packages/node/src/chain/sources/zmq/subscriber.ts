import { Subscriber } from 'zeromq'
import { MAX_SERIALISED_BYTES } from '../../serial/index.ts'
import { parseMessage, parseSequence, type SequenceNotice, TOPICS, type ZmqMessage, type ZmqTopic } from './message.ts'
import { Numbers, type ZmqGap } from './numbers.ts'

/** Where bitcoind publishes, for example `tcp://127.0.0.1:28332`; one address may serve all three. */
export type ZmqAddresses = Readonly<Record<ZmqTopic, string>>

/**
 * Called one after the other: a promise is awaited before the next message is taken, and meanwhile messages wait in the
 * socket. What is done without one costs no turn. Messages of one address come in bitcoind's order; between addresses
 * there is none. A transaction may come that is in the mempool already, or in a block.
 */
export interface ZmqHandlers {
  /** At least as long as a header; else not looked at. */
  readonly onBlock: (bytes: Uint8Array) => void | Promise<void>
  readonly onTransaction: (bytes: Uint8Array) => void | Promise<void>
  readonly onSequence: (notice: SequenceNotice) => void | Promise<void>
  /** Before the message that showed it. */
  readonly onGap: (gap: ZmqGap) => void | Promise<void>
}

/** Since the start, for metrics. */
export interface ZmqCounters {
  zmq_messages: number
  /** Of an unknown topic, or not formed as bitcoind forms them. */
  zmq_malformed: number
  zmq_gaps: number
}

/**
 * Messages that wait here while a block is told or a gap is filled: at 20,000 transactions a second, half a second. Above,
 * bitcoind's own queue fills (`zmqpub…hwm`, 1,000), and what it drops shows as a gap. They are what has entered bitcoind's
 * mempool meanwhile, and take no more memory than it has for that.
 */
const HIGH_WATER_MARK = 20_000
const RECONNECT_MS = 100
const RECONNECT_MAX_MS = 2_000
/** A connection that is dead without a sign is found after these two. */
const HEARTBEAT_MS = 5_000
const HEARTBEAT_TIMEOUT_MS = 10_000
const MIN_BLOCK_BYTES = 81

/** Subscribes to bitcoind's ZMQ notifications. ZMQ gives no guarantee: what may be missing is told as a gap. */
export class ZmqSubscriber {
  private readonly addresses: ZmqAddresses
  private readonly counters: ZmqCounters
  private readonly signal: AbortSignal
  private readonly numbers = new Numbers()
  private socket: Subscriber | null = null
  /** Of a connection that was lost, and not told yet. */
  private readonly lost = new Set<ZmqTopic>()
  /** Of a connection that was lost, and is not back. */
  private readonly away = new Set<ZmqTopic>()
  /** Whether no handler is at work. */
  private isIdle = false
  /** A loss is told although no message came: the next one waits for this. */
  private telling: Promise<void> | null = null
  private failure: { readonly error: unknown } | null = null

  constructor(addresses: ZmqAddresses, modules: { counters: ZmqCounters; signal: AbortSignal }) {
    this.addresses = addresses
    this.counters = modules.counters
    this.signal = modules.signal
  }

  /** Whether messages came over the present connection. Without any, it may be that none can. */
  get isLive(): boolean {
    return !this.numbers.isEmpty
  }

  /** Runs until the signal is aborted. @throws whatever a handler throws */
  async run(handlers: ZmqHandlers): Promise<void> {
    const close = (): void => this.socket?.close()
    this.signal.addEventListener('abort', close, { once: true })
    try {
      while (!this.signal.aborted) {
        const socket = this.open(handlers)
        this.socket = socket
        await this.receive(socket, handlers)
      }
    } finally {
      this.signal.removeEventListener('abort', close)
      this.socket?.close()
    }
  }

  /** Makes the connection anew: for one that brings nothing although it should. */
  reopen(): void {
    this.numbers.forget()
    this.socket?.close()
  }

  private open(handlers: ZmqHandlers): Subscriber {
    const socket = new Subscriber({
      receiveHighWaterMark: HIGH_WATER_MARK,
      maxMessageSize: MAX_SERIALISED_BYTES,
      reconnectInterval: RECONNECT_MS,
      reconnectMaxInterval: RECONNECT_MAX_MS,
      heartbeatInterval: HEARTBEAT_MS,
      heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
      linger: 0,
    })
    socket.events.on('disconnect', ({ address }) => this.onDisconnect(this.topicsAt(address), handlers))
    socket.events.on('handshake', ({ address }) => this.onBack(this.topicsAt(address)))
    for (const topic of TOPICS) socket.subscribe(topic)
    for (const address of new Set(TOPICS.map((topic) => this.addresses[topic]))) {
      // Not for all: with it, ZMQ takes a name's IPv6 address alone, where bitcoind may listen at the other. Set only where
      // it must be: ZMQ warns of what is set late.
      const isIpv6 = address.startsWith('tcp://[')
      if (socket.ipv6 !== isIpv6) socket.ipv6 = isIpv6
      socket.connect(address)
    }
    return socket
  }

  /** Until the socket is closed. ZMQ's own promise is all that is awaited for a message whose handler gives none. */
  private async receive(socket: Subscriber, handlers: ZmqHandlers): Promise<void> {
    for (;;) {
      const frames = await this.nextFrames(socket)
      if (this.telling !== null) await this.telling
      if (this.lost.size > 0) await this.tellLost(handlers)
      if (this.failure !== null) throw this.failure.error
      if (frames === null || this.signal.aborted) return
      const waiting = this.onMessage(frames, handlers)
      if (waiting !== undefined) await waiting
    }
  }

  /** Null when the socket is closed. */
  private async nextFrames(socket: Subscriber): Promise<Buffer[] | null> {
    if (socket.closed) return null
    this.isIdle = true
    try {
      return await socket.receive()
    } catch (error) {
      if (socket.closed) return null
      throw error
    } finally {
      this.isIdle = false
    }
  }

  private onMessage(frames: readonly Buffer[], handlers: ZmqHandlers): void | Promise<void> {
    this.counters.zmq_messages += 1
    const message = parseMessage(frames)
    if (message === null) return this.malformed(null, null, handlers)
    const gap = this.numbers.note(message.topic, message.number)
    return gap === null ? this.dispatch(message, handlers) : this.afterGap(gap, message, handlers)
  }

  private async afterGap(gap: ZmqGap, message: ZmqMessage, handlers: ZmqHandlers): Promise<void> {
    await this.tell(gap, handlers)
    await this.dispatch(message, handlers)
  }

  private dispatch({ topic, body, number }: ZmqMessage, handlers: ZmqHandlers): void | Promise<void> {
    switch (topic) {
      case 'rawblock':
        if (body.length < MIN_BLOCK_BYTES) return this.malformed(topic, number, handlers)
        return handlers.onBlock(plain(body))
      case 'rawtx':
        return handlers.onTransaction(plain(body))
      case 'sequence': {
        const notice = parseSequence(body)
        return notice === null ? this.malformed(topic, number, handlers) : handlers.onSequence(notice)
      }
    }
  }

  private malformed(topic: ZmqTopic | null, number: number | null, handlers: ZmqHandlers): void | Promise<void> {
    this.counters.zmq_malformed += 1
    return this.tell({ topic, expected: number, got: number, reason: 'malformed' }, handlers)
  }

  private onDisconnect(topics: readonly ZmqTopic[], handlers: ZmqHandlers): void {
    if (this.signal.aborted) return
    for (const topic of topics) {
      this.lost.add(topic)
      this.away.add(topic)
    }
    // Else it is told when the handler at work is done, before the next message.
    if (!this.isIdle || this.telling !== null) return
    this.telling = this.tellWhileIdle(handlers)
  }

  private async tellWhileIdle(handlers: ZmqHandlers): Promise<void> {
    try {
      while (this.lost.size > 0) await this.tellLost(handlers)
    } catch (error) {
      this.failure = { error }
      this.socket?.close()
    } finally {
      this.telling = null
    }
  }

  private async tellLost(handlers: ZmqHandlers): Promise<void> {
    for (const topic of this.lost) {
      this.lost.delete(topic)
      const expected = this.numbers.expected(topic)
      this.numbers.forget([topic])
      await this.tell({ topic, expected, got: null, reason: 'disconnect' }, handlers)
    }
  }

  /** What was still waiting of the old connection must not seem to be followed by what the new one brings. */
  private onBack(topics: readonly ZmqTopic[]): void {
    const back = topics.filter((topic) => this.away.delete(topic))
    this.numbers.forget(back)
  }

  private tell(gap: ZmqGap, handlers: ZmqHandlers): void | Promise<void> {
    if (this.signal.aborted) return undefined
    this.counters.zmq_gaps += 1
    return handlers.onGap(gap)
  }

  /** All, where ZMQ names the address otherwise than it was given. */
  private topicsAt(address: string): readonly ZmqTopic[] {
    const topics = TOPICS.filter((topic) => this.addresses[topic] === address)
    return topics.length === 0 ? TOPICS : topics
  }
}

/** One class of array for all who look at bytes. */
function plain({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
}
