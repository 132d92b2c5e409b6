import type { Connection, Stream } from '@libp2p/interface'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { PlainCounterName } from '../counters.ts'
import { backoff_ms } from './backoff.ts'
import type { Parts } from './parts.ts'

const OPEN_TIMEOUT_MS = 10_000
const REOPEN_MIN_MS = 50
const REOPEN_MAX_MS = 5_000
/** At the end, what is being sent has this long to leave. */
const CLOSE_TIMEOUT_MS = 500
/** A stream that broke sooner than this did not work: the next attempt waits longer. */
const STABLE_MS = 5_000

export interface KeptStreamModules extends Parts {
  readonly protocols: string[]
  /** The connection to open a stream on, null while there is none. */
  readonly connection: () => Connection | null
  readonly onOpen: (stream: Stream, connection: Connection) => void
  readonly counted: { readonly opened: PlainCounterName; readonly failed: PlainCounterName }
}

/**
 * One outgoing stream to a member: opened with the connection, before there is anything to send, and again whenever it
 * breaks. Nothing comes back on it: the first byte that does ends it, and so does the member closing its side.
 */
export class KeptStream {
  readonly #to: MemberIndex
  readonly #modules: KeptStreamModules
  readonly #stopped = new AbortController()
  #stream: Stream | null = null
  #opening: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #failures = 0

  constructor(to: MemberIndex, modules: KeptStreamModules) {
    this.#to = to
    this.#modules = modules
  }

  /** The open stream, null while there is none. */
  get current(): Stream | null {
    return this.#stream
  }

  /** A connection is there, perhaps a new one besides others. */
  connected(): void {
    this.#failures = 0
    this.#open()
  }

  /** Gives up the stream if somebody closed our direction of it; another is opened. */
  check(): void {
    if (this.#stream && this.#stream.writeStatus !== 'writable') this.#stream.abort(new Error('no longer writable'))
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    if (this.#timer) clearTimeout(this.#timer)
    await this.#opening
    await this.#stream?.close({ signal: AbortSignal.timeout(CLOSE_TIMEOUT_MS) }).catch(() => {})
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
    const { protocols, counted, counters, log } = this.#modules
    try {
      const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(OPEN_TIMEOUT_MS)])
      const stream = await connection.newStream(protocols, { signal })
      if (this.#stopped.signal.aborted) return stream.abort(new Error('stopped'))
      counters.add(counted.opened)
      this.#keep(stream, connection)
    } catch (error) {
      if (this.#stopped.signal.aborted) return
      this.#failures++
      counters.add(counted.failed)
      log('debug', 'member-stream-failed', { to: this.#to, protocol: protocols[0] ?? '', cause: String(error) })
    }
  }

  #keep(stream: Stream, connection: Connection): void {
    const openedAt_ms = this.#modules.now()
    stream.addEventListener('remoteCloseWrite', () => stream.abort(new Error('the member closed the stream')))
    stream.addEventListener('close', () => this.#lost(stream, openedAt_ms), { once: true })
    this.#stream = stream
    stream.maxReadBufferLength = 0
    const answered = stream.readBufferLength > 0 || stream.remoteWriteStatus !== 'writable'
    if (answered) stream.abort(new Error('a one-way stream'))
    if (stream.status === 'open') this.#modules.onOpen(stream, connection)
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
