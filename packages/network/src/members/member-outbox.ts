import type { Connection, Stream } from '@libp2p/interface'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { encodeFrame } from '../framing/frame.ts'
import { KeptStream } from '../host/kept-stream.ts'
import type { Parts } from '../host/parts.ts'
import { SendQueue } from './send-queue.ts'

interface OutboxModules extends Parts {
  readonly protocol: string
  /** The connection to open the stream on, null while there is none. */
  readonly connection: () => Connection | null
}

/** Frames to one member: a queue, and the one long-lived stream that empties it. */
export class MemberOutbox {
  readonly #to: MemberIndex
  readonly #modules: OutboxModules
  readonly #queue: SendQueue
  readonly #stream: KeptStream
  #stopped = false

  constructor(to: MemberIndex, modules: OutboxModules) {
    this.#to = to
    this.#modules = modules
    this.#queue = new SendQueue(modules.limits.sendQueueFrames, modules.limits.sendQueueBytes)
    this.#stream = new KeptStream(to, {
      ...modules,
      protocols: [modules.protocol],
      counted: { opened: 'member_streams_opened', failed: 'member_streams_failed' },
      onOpen: (stream) => this.#use(stream),
    })
  }

  get queued(): number {
    return this.#queue.length
  }

  send(bytes: Uint8Array): void {
    const { counters, limits, log } = this.#modules
    if (this.#stopped) return
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

  connected(): void {
    this.#stream.connected()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#queue.clear()
    await this.#stream.stop()
  }

  #use(stream: Stream): void {
    stream.addEventListener('drain', () => this.#flush())
    this.#flush()
  }

  #flush(): void {
    const stream = this.#stream.current
    if (stream?.writeStatus !== 'writable') return
    while (!stream.writableNeedsDrain) {
      const frame = this.#queue.peek()
      if (!frame) return
      try {
        stream.send(frame)
      } catch (error) {
        // It began to close a moment ago, which its status does not say yet. The next stream takes the frame.
        stream.abort(error instanceof Error ? error : new Error(String(error)))
        return
      }
      this.#queue.shift()
      this.#modules.counters.add('frames_sent')
      this.#modules.counters.add('frames_sent_bytes', frame.length)
    }
  }
}
