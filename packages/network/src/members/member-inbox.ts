import type { Stream } from '@libp2p/interface'
import type { MemberIndex } from '@belfry/protocol/primitives'
import { FrameDecoder, FrameError } from '../framing/frame.ts'
import { TokenBucket } from '../framing/token-bucket.ts'
import { chunksOf } from '../host/chunks.ts'
import type { Parts } from '../host/parts.ts'
import { pauseReading } from '../host/pause-reading.ts'
import type { NetworkHandlers } from '../network-init.ts'

/** What handling a frame costs beyond its bytes, in bytes of budget, so that many small frames are not cheap. */
const FRAME_COST_BYTES = 1024

interface InboxModules extends Parts {
  readonly handlers: Pick<NetworkHandlers, 'onMemberFrame'>
}

/** Frames from one member, on the newest stream that it opened, within its budget. */
export class MemberInbox {
  readonly #from: MemberIndex
  readonly #modules: InboxModules
  readonly #budget: TokenBucket
  #stream: Stream | null = null

  constructor(from: MemberIndex, modules: InboxModules) {
    this.#from = from
    this.#modules = modules
    this.#budget = new TokenBucket(modules.limits.memberBytesPerSecond, modules.limits.memberBurstBytes, modules.now())
  }

  accept(stream: Stream): void {
    const previous = this.#stream
    this.#stream = stream
    if (previous) {
      this.#modules.counters.add('member_streams_replaced')
      previous.abort(new Error('replaced by a newer stream'))
    }
    const decoder = new FrameDecoder(this.#modules.limits.maxFrameBytes)
    stream.addEventListener('message', ({ data }) => this.#read(stream, decoder, chunksOf(data)))
    stream.addEventListener('end', () => this.#end(stream, decoder))
    stream.addEventListener('close', () => this.#forget(stream), { once: true })
  }

  stop(): void {
    this.#stream?.abort(new Error('stopped'))
    this.#stream = null
  }

  #read(stream: Stream, decoder: FrameDecoder, chunks: Iterable<Uint8Array>): void {
    let dropped = 0
    try {
      for (const chunk of chunks) {
        for (const frame of decoder.push(chunk)) {
          if (this.#stream !== stream) return
          if (!this.#deliver(frame)) dropped++
        }
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      return this.#malformed(stream, error.code)
    }
    this.#pace(stream, dropped)
  }

  /** Returns false for a frame that even a debt of a whole burst does not cover: it is dropped. */
  #deliver(frame: Uint8Array): boolean {
    const { counters, now, handlers } = this.#modules
    if (!this.#budget.overdraw(frame.length + FRAME_COST_BYTES, now())) return false
    counters.add('frames_received')
    counters.add('frames_received_bytes', frame.length)
    handlers.onMemberFrame(this.#from, frame)
    return true
  }

  /**
   * Over budget, reading stops until a quarter of it is back: the sender's window runs out and its own queue drops.
   * What had arrived by then is delivered on credit, so that a burst of an honest member loses nothing.
   */
  #pace(stream: Stream, dropped: number): void {
    const { counters, limits, log, now } = this.#modules
    counters.blame(this.#from, 'frames_dropped_budget', dropped)
    if (this.#budget.wait_ms(0, now()) === 0) return
    if (!pauseReading(stream, this.#budget.wait_ms(limits.memberBurstBytes / 4, now()))) return
    counters.blame(this.#from, 'frame_reads_paused')
    log('warn', 'member-over-budget', { from: this.#from, dropped })
  }

  #end(stream: Stream, decoder: FrameDecoder): void {
    if (stream.status !== 'open') return
    if (decoder.midFrame) return this.#malformed(stream, 'frame-cut')
    stream.close().catch((error: unknown) => stream.abort(error instanceof Error ? error : new Error(String(error))))
  }

  #malformed(stream: Stream, cause: string): void {
    this.#modules.counters.blame(this.#from, 'member_streams_malformed')
    this.#modules.log('warn', 'member-stream-malformed', { from: this.#from, cause })
    stream.abort(new Error(cause))
  }

  #forget(stream: Stream): void {
    if (this.#stream === stream) this.#stream = null
  }
}
