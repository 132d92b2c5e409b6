import type { Connection, Stream } from '@libp2p/interface'
import { assertNever, type MemberIndex } from '@belfry/protocol/primitives'
import { NetworkError, type NetworkErrorCode } from '../errors.ts'
import { FrameError } from '../framing/frame.ts'
import type { NetworkLimits } from '../limits.ts'
import type { OwnerProtocol, RequestOptions } from '../network-init.ts'
import { decodeResponse, STATUS_LENGTH } from './response.ts'
import { readFrame, writeFrame } from './stream-frames.ts'

interface RequestClientModules {
  /** The connection to a member, dialled if need be. */
  readonly connect: (to: MemberIndex, signal: AbortSignal) => Promise<Connection>
  readonly protocolName: (protocol: OwnerProtocol) => string
  readonly limits: NetworkLimits
}

/** How far a request came, which says what its failure means. */
type Stage = 'connect' | 'open' | 'exchange'

interface Signals {
  readonly caller: AbortSignal | undefined
  readonly timeout: AbortSignal
}

/** Asks members, as an owner: one stream per request. */
export class RequestClient {
  readonly #modules: RequestClientModules
  readonly #stopped = new AbortController()

  constructor(modules: RequestClientModules) {
    this.#modules = modules
  }

  async request(to: MemberIndex, protocol: OwnerProtocol, bytes: Uint8Array, options: RequestOptions) {
    const { limits } = this.#modules
    if (bytes.length === 0 || bytes.length > limits.maxRequestBytes) {
      const sentence = `a request has 1 to ${limits.maxRequestBytes} bytes, this one ${bytes.length}`
      throw new NetworkError('too-large', sentence, 'Split it.')
    }
    const timeout = AbortSignal.timeout(options.timeout_ms ?? limits.requestTimeout_ms)
    const signal = AbortSignal.any([timeout, this.#stopped.signal, ...(options.signal ? [options.signal] : [])])
    const progress: { stage: Stage; stream: Stream | null } = { stage: 'connect', stream: null }
    try {
      signal.throwIfAborted()
      const connection = await this.#modules.connect(to, signal)
      progress.stage = 'open'
      const stream = await connection.newStream(this.#modules.protocolName(protocol), { signal })
      progress.stage = 'exchange'
      progress.stream = stream
      return this.#read(to, await this.#exchange(stream, bytes, signal))
    } catch (error) {
      throw this.#classify(to, progress.stage, error, { caller: options.signal, timeout })
    } finally {
      progress.stream?.abort(new Error('the request is over'))
    }
  }

  stop(): void {
    this.#stopped.abort()
  }

  async #exchange(stream: Stream, bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const maxFrameBytes = this.#modules.limits.maxResponseBytes + STATUS_LENGTH
    // An answer may come before the request is written: a refusal does.
    const answer = readFrame(stream, { maxFrameBytes, signal })
    writeFrame(stream, bytes, signal).catch(() => {})
    return answer
  }

  #read(to: MemberIndex, frame: Uint8Array): Uint8Array {
    const response = decodeResponse(frame)
    if (!response) throw malformed(to)
    switch (response.status) {
      case 'ok':
        return response.bytes
      case 'over-budget':
        throw new NetworkError('refused', `member ${to} has no budget left for this owner`, 'Try again in a minute.')
      case 'failed':
        throw new NetworkError('failed', `member ${to} could not handle the request`, "See that member's log.")
      default:
        return assertNever(response.status)
    }
  }

  #classify(to: MemberIndex, stage: Stage, error: unknown, signals: Signals): NetworkError {
    if (error instanceof NetworkError) return error
    const because = (code: NetworkErrorCode, sentence: string, remedy: string): NetworkError =>
      new NetworkError(code, sentence, remedy, { cause: error })
    if (this.#stopped.signal.aborted) return because('stopped', 'the network was stopped', 'Start it again.')
    if (signals.caller?.aborted) return because('aborted', 'the request was given up', 'Ask again.')
    if (signals.timeout.aborted) {
      return because('timeout', `member ${to} did not answer in time`, 'Check that its host is up, or allow more time.')
    }
    if (error instanceof FrameError) return error.code === 'frame-too-large' ? tooLarge(to) : malformed(to)
    switch (stage) {
      case 'connect':
        return because('unreachable', `member ${to} cannot be reached`,
          'Check its addresses in the lock, and that its host is up and its port open.')
      case 'open':
        return because('refused', `member ${to} does not serve this request`,
          'Check that its operator has admitted this owner and that both use the same lock; after many requests in a row, wait a minute.')
      case 'exchange':
        return because('closed', `member ${to} closed the stream before its answer was complete`, 'Ask again.')
      default:
        return assertNever(stage)
    }
  }
}

function malformed(to: MemberIndex): NetworkError {
  return new NetworkError('malformed', `member ${to} sent an answer that is none`, "Tell that member's operator.")
}

function tooLarge(to: MemberIndex): NetworkError {
  return new NetworkError('too-large', `member ${to} sent an answer over the limit`, "Tell that member's operator.")
}
