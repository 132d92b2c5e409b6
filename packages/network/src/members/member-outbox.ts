import type { Connection, Stream } from '@libp2p/interface'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { Counters } from '../counters.ts'
import { encodeFrame } from '../framing/frame.ts'
import { backoff_ms } from '../host/backoff.ts'
import type { NetworkLimits } from '../limits.ts'
import type { NetworkLog } from '../network-init.ts'
import { SendQueue } from './send-queue.ts'

const OPEN_TIMEOUT_MS = 10_000
const REOPEN_MIN_MS = 50
const REOPEN_MAX_MS = 5_000
/** A stream that broke sooner than this did not work: the next attempt waits longer. */
const STABLE_MS = 5_000

interface OutboxModules {
  readonly protocol: string
  /** The connection to open a stream on, null while there is none. */
  readonly connection: () => Connection | null
  readonly limits: NetworkLimits
  readonly counters: Counters
  readonly log: NetworkLog
  readonly now: () => number
  readonly random: () => number
}

/**
 * Frames to one member: a queue and the one long-lived stream that empties it. The stream is opened with the connection,
 * before there is anything to send, and again whenever it breaks. Nothing comes back on it.
 */
export class MemberOutbox {
  readonly #to: MemberIndex
  readonly #modules: OutboxModules
  readonly #queue: SendQueue
  readonly #stopped = new AbortController()
  #stream: Stream | null = null
  #opening: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #failures = 0

  constructor(to: MemberIndex, modules: OutboxModules) {
    this.#to = to
    this.#modules = modules
    this.#queue = new SendQueue(modules.limits.sendQueueFrames, modules.limits.sendQueueBytes)
  }

  get queued(): number {
    return this.#queue.length
  }

  send(bytes: Uint8Array): void {
    const { counters, limits, log } = this.#modules
    if (this.#stopped.signal.aborted) return
    if (bytes.length === 0 || bytes.length > limits.maxFrameBytes) {
      counters.add('frames_oversize_unsent')
      return log('warn', 'frame-oversize', { to: this.#to, bytes: bytes.length })
    }
    const dropped = this.#queue.push(encodeFrame(bytes))
    if (dropped > 0) {
      counters.add('frames_dropped_queue', dropped)
      log('debug', 'send-queue-full', { to: this.#to, dropped })
    }
    this.#flush()
  }

  /** A connection is there, perhaps a new one besides others. */
  connected(): void {
    this.#failures = 0
    this.#open()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    if (this.#timer) clearTimeout(this.#timer)
    this.#queue.clear()
    await this.#opening
    await this.#stream?.close({ signal: AbortSignal.timeout(REOPEN_MAX_MS) }).catch(() => {})
  }

  #flush(): void {
    const stream = this.#stream
    if (!stream || stream.writeStatus !== 'writable') return
    while (!stream.writableNeedsDrain) {
      const frame = this.#queue.shift()
      if (!frame) return
      stream.send(frame)
      this.#modules.counters.add('frames_sent')
      this.#modules.counters.add('frames_sent_bytes', frame.length)
    }
  }

  #open(): void {
    if (this.#stream || this.#opening || this.#stopped.signal.aborted) return
    const connection = this.#modules.connection()
    if (!connection) return
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#opening = this.#openOn(connection).finally(() => {
      this.#opening = null
      if (!this.#stream) this.#reopenLater()
    })
  }

  async #openOn(connection: Connection): Promise<void> {
    const { protocol, counters, log, now } = this.#modules
    try {
      const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(OPEN_TIMEOUT_MS)])
      const stream = await connection.newStream(protocol, { signal })
      if (this.#stopped.signal.aborted) return stream.abort(new Error('stopped'))
      counters.add('member_streams_opened')
      this.#use(stream, now())
    } catch (error) {
      if (this.#stopped.signal.aborted) return
      this.#failures++
      counters.add('member_streams_failed')
      log('debug', 'member-stream-failed', { to: this.#to, cause: String(error) })
    }
  }

  #use(stream: Stream, openedAt_ms: number): void {
    stream.addEventListener('drain', () => this.#flush())
    stream.addEventListener('remoteCloseWrite', () => stream.abort(new Error('the member closed the stream')))
    stream.addEventListener('close', () => this.#lost(stream, openedAt_ms), { once: true })
    this.#stream = stream
    // One way: the first byte that comes back ends the stream, and some may be there already.
    stream.maxReadBufferLength = 0
    if (stream.readBufferLength > 0) stream.abort(new Error('the member answered on a one-way stream'))
    if (stream.status === 'open') this.#flush()
    else this.#lost(stream, openedAt_ms)
  }

  #lost(stream: Stream, openedAt_ms: number): void {
    if (this.#stream !== stream) return
    this.#stream = null
    this.#failures = this.#modules.now() - openedAt_ms >= STABLE_MS ? 0 : this.#failures + 1
    if (!this.#opening) this.#reopenLater()
  }

  #reopenLater(): void {
    if (this.#stopped.signal.aborted || !this.#modules.connection()) return
    if (this.#timer) clearTimeout(this.#timer)
    const wait_ms = backoff_ms(this.#failures, REOPEN_MIN_MS, REOPEN_MAX_MS, this.#modules.random)
    this.#timer = setTimeout(() => this.#open(), wait_ms)
  }
}
