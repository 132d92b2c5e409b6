import type { Txid } from '@belfry/protocol/primitives'
import { Subscriber } from 'zeromq'
import type { ChainCounters } from './counters.ts'

/** Where bitcoind publishes, for example `tcp://127.0.0.1:28332`; one address may serve all three. */
export interface ZmqAddresses {
  readonly rawblock: string
  readonly rawtx: string
  readonly sequence: string
}

/** What bitcoind publishes under `sequence`. */
export type SequenceNotice =
  /** Blocks enter and leave the chain. */
  | { readonly kind: 'connected' | 'disconnected' }
  /** Transactions enter the mempool, and leave it other than into a block. */
  | { readonly kind: 'accepted' | 'removed'; readonly txid: Txid }

/**
 * Each is awaited before the next message is taken; meanwhile messages wait in the socket, up to its high water mark.
 */
export interface ZmqHandlers {
  readonly onBlock: (bytes: Uint8Array) => Promise<void>
  readonly onTransaction: (bytes: Uint8Array) => Promise<void>
  readonly onSequence: (notice: SequenceNotice) => Promise<void>
  /** Messages were lost, or may have been. */
  readonly onGap: (reason: GapReason) => void
}

export type GapReason =
  /** A sequence number was left out, or went back: bitcoind was restarted. */
  | 'number'
  /** The first message of a topic over a connection: those before it were missed. */
  | 'first'
  /** The connection was lost. */
  | 'disconnect'
  /** It could not be read. */
  | 'malformed'

type Topic = keyof ZmqAddresses
const TOPICS: readonly Topic[] = ['rawblock', 'rawtx', 'sequence']

/** Transactions that wait here while a block is told. What is above is lost, and found by the gap. */
const HIGH_WATER_MARK = 20_000
/** A block has at most 4,000,000 weight units, and a byte has at least one. */
const MAX_MESSAGE_BYTES = 4_000_000
const RECONNECT_MS = 100
const RECONNECT_MAX_MS = 2_000
/** A connection that is dead without a sign is found after these two. */
const HEARTBEAT_MS = 5_000
const HEARTBEAT_TIMEOUT_MS = 10_000
const HASH_BYTES = 32
const NUMBER_BYTES = 4

/** Subscribes to bitcoind's ZMQ notifications. ZMQ gives no guarantee: what may be missing is reported as a gap. */
export class ZmqSubscriber {
  private readonly addresses: ZmqAddresses
  private readonly counters: ChainCounters
  private readonly signal: AbortSignal
  private socket: Subscriber | null = null
  private readonly lastNumber = new Map<Topic, number>()

  constructor(addresses: ZmqAddresses, modules: { counters: ChainCounters; signal: AbortSignal }) {
    this.addresses = addresses
    this.counters = modules.counters
    this.signal = modules.signal
  }

  /** Whether messages came over the present connection. Without any, it may be that none can. */
  get isLive(): boolean {
    return this.lastNumber.size > 0
  }

  /** Runs until the signal is aborted. @throws whatever a handler throws */
  async run(handlers: ZmqHandlers): Promise<void> {
    const close = (): void => this.socket?.close()
    this.signal.addEventListener('abort', close, { once: true })
    try {
      while (!this.signal.aborted) {
        const socket = this.open(handlers)
        this.socket = socket
        for await (const frames of socket) await this.onMessage(frames, handlers)
      }
    } finally {
      this.signal.removeEventListener('abort', close)
      this.socket?.close()
    }
  }

  /** Makes the connection anew: for one that brings nothing although it should. */
  reopen(): void {
    this.lastNumber.clear()
    this.socket?.close()
  }

  private open(handlers: ZmqHandlers): Subscriber {
    const socket = new Subscriber({
      receiveHighWaterMark: HIGH_WATER_MARK,
      maxMessageSize: MAX_MESSAGE_BYTES,
      reconnectInterval: RECONNECT_MS,
      reconnectMaxInterval: RECONNECT_MAX_MS,
      heartbeatInterval: HEARTBEAT_MS,
      heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
      linger: 0,
    })
    socket.events.on('disconnect', () => {
      this.lastNumber.clear()
      this.gap('disconnect', handlers)
    })
    for (const topic of TOPICS) socket.subscribe(topic)
    for (const address of new Set(TOPICS.map((topic) => this.addresses[topic]))) {
      // Not for all: with it, ZMQ takes a name's IPv6 address alone, where bitcoind may listen at the other.
      socket.ipv6 = address.startsWith('tcp://[')
      socket.connect(address)
    }
    return socket
  }

  private async onMessage(frames: readonly Uint8Array[], handlers: ZmqHandlers): Promise<void> {
    this.counters.zmq_messages += 1
    const message = parseMessage(frames)
    if (message === null) {
      this.malformed(handlers)
      return
    }
    const { topic, body, number } = message
    const last = this.lastNumber.get(topic)
    this.lastNumber.set(topic, number)
    if (last === undefined) this.gap('first', handlers)
    else if (number !== (last + 1) >>> 0) this.gap('number', handlers)
    await this.dispatch(topic, body, handlers)
  }

  private async dispatch(topic: Topic, body: Uint8Array, handlers: ZmqHandlers): Promise<void> {
    switch (topic) {
      case 'rawblock':
        return handlers.onBlock(body)
      case 'rawtx':
        return handlers.onTransaction(body)
      case 'sequence': {
        const notice = parseSequence(body)
        return notice === null ? this.malformed(handlers) : handlers.onSequence(notice)
      }
    }
  }

  private malformed(handlers: ZmqHandlers): void {
    this.counters.zmq_malformed += 1
    this.gap('malformed', handlers)
  }

  private gap(reason: GapReason, handlers: ZmqHandlers): void {
    if (this.signal.aborted) return
    this.counters.zmq_gaps += 1
    handlers.onGap(reason)
  }
}

interface ZmqMessage {
  readonly topic: Topic
  readonly body: Uint8Array
  readonly number: number
}

/** Topic, body, and a number of 4 bytes, little-endian, that rises by one per topic (bitcoind's doc/zmq.md). */
export function parseMessage(frames: readonly Uint8Array[]): ZmqMessage | null {
  const [name, body, number] = frames
  if (frames.length !== 3 || name === undefined || body === undefined || number?.length !== NUMBER_BYTES) return null
  const topic = TOPICS.find((known) => known === Buffer.from(name).toString('latin1'))
  if (topic === undefined) return null
  return { topic, body, number: new DataView(number.buffer, number.byteOffset).getUint32(0, true) }
}

/** A hash in RPC order, a letter, and for transactions the mempool's own sequence number of 8 bytes. */
export function parseSequence(body: Uint8Array): SequenceNotice | null {
  const isBlock = body.length === HASH_BYTES + 1
  if (!isBlock && body.length !== HASH_BYTES + 1 + 8) return null
  const letter = String.fromCharCode(body[HASH_BYTES] ?? 0)
  if (isBlock) {
    if (letter === 'C') return { kind: 'connected' }
    return letter === 'D' ? { kind: 'disconnected' } : null
  }
  if (letter !== 'A' && letter !== 'R') return null
  const txid = Buffer.from(body.subarray(0, HASH_BYTES)).toString('hex') as Txid
  return { kind: letter === 'A' ? 'accepted' : 'removed', txid }
}
