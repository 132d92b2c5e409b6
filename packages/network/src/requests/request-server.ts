import type { Connection, Stream } from '@libp2p/interface'
import { FrameError } from '../framing/frame.ts'
import type { HostParts } from '../host/parts.ts'
import type { NetworkHandlers, OwnerProtocol } from '../network-init.ts'
import { OwnerBudget, type BudgetRefusal } from './owner-budget.ts'
import { encodeResponse } from './response.ts'
import { readFrame, StreamEndedError, writeFrame } from './stream-frames.ts'
import { raceSignal } from './race-signal.ts'

/** An owner that does not take its answer, or does not close its side, has this long. */
const CLOSE_TIMEOUT_MS = 5_000

interface RequestServerModules extends HostParts {
  readonly handlers: Pick<NetworkHandlers, 'onOwnerRequest'>
  /** One for each owner that came, under whichever lock; their number is bounded by who is admitted. */
  readonly budgets: Map<string, OwnerBudget>
}

class OverBudgetError extends Error {
  readonly refusal: BudgetRefusal

  constructor(refusal: BudgetRefusal) {
    super(refusal)
    this.refusal = refusal
  }
}

/** Answers owners: one request and one answer per stream. */
export class RequestServer {
  readonly #modules: RequestServerModules
  readonly #stopped = new AbortController()

  constructor(modules: RequestServerModules) {
    this.#modules = modules
  }

  async onStream(protocol: OwnerProtocol, stream: Stream, connection: Connection): Promise<void> {
    const { admission, counters, limits } = this.#modules
    const owner = connection.remotePeer.toString()
    if (!admission.isOwner(owner) || this.#stopped.signal.aborted) {
      counters.add('requests_refused_not_owner')
      return stream.abort(new Error('this protocol is for owners'))
    }
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(limits.requestTimeout_ms)])
    try {
      await this.#serve(owner, protocol, stream, signal)
      await closed(stream)
    } catch (error) {
      this.#broken(owner, protocol, error, signal)
    } finally {
      stream.abort(new Error('the request is over'))
    }
  }

  stop(): void {
    this.#stopped.abort()
  }

  async #serve(owner: string, protocol: OwnerProtocol, stream: Stream, signal: AbortSignal): Promise<void> {
    const { limits, now, budgets } = this.#modules
    const budget = budgets.get(owner) ?? new OwnerBudget(limits, now())
    budgets.set(owner, budget)
    const refusal = budget.begin(now())
    if (refusal !== null) return this.#refuse(owner, stream, refusal, signal)
    try {
      const onLength = (length: number): void => {
        if (!budget.takeBytes(length, now())) throw new OverBudgetError('requests_refused_bytes')
      }
      const request = await readFrame(stream, { maxFrameBytes: limits.maxRequestBytes, signal, onLength })
      await writeFrame(stream, await this.#answer(owner, protocol, request, signal), signal)
    } catch (error) {
      if (!(error instanceof OverBudgetError)) throw error
      await this.#refuse(owner, stream, error.refusal, signal)
    } finally {
      budget.end()
    }
  }

  async #answer(owner: string, protocol: OwnerProtocol, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const { handlers, limits, counters, log } = this.#modules
    try {
      const answer = await raceSignal(handlers.onOwnerRequest(owner, protocol, request, signal), signal)
      if (answer.length > limits.maxResponseBytes) throw new RangeError('the answer is over its limit')
      counters.add('requests_served')
      return encodeResponse('ok', answer)
    } catch (error) {
      if (signal.aborted) throw error
      counters.add('requests_failed')
      log('warn', 'request-failed', { owner, protocol, cause: String(error) })
      return encodeResponse('failed')
    }
  }

  async #refuse(owner: string, stream: Stream, refusal: BudgetRefusal, signal: AbortSignal): Promise<void> {
    this.#modules.counters.add(refusal)
    this.#modules.log('debug', 'request-refused', { owner, cause: refusal })
    // What the owner still sends stays within the stream's window.
    if (stream.readStatus === 'readable') stream.pause()
    await writeFrame(stream, encodeResponse('over-budget'), signal)
  }

  #broken(owner: string, protocol: OwnerProtocol, error: unknown, signal: AbortSignal): void {
    const { counters, log } = this.#modules
    if (this.#stopped.signal.aborted) return
    const malformed = error instanceof FrameError || error instanceof StreamEndedError
    counters.add(signal.aborted ? 'requests_timed_out' : malformed ? 'requests_malformed' : 'requests_failed')
    log('debug', malformed ? 'request-malformed' : 'request-failed', { owner, protocol, cause: String(error) })
  }
}

/** Resolves when both directions are closed, or its time is over. */
async function closed(stream: Stream): Promise<void> {
  if (stream.status !== 'open') return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)
  stream.addEventListener('close', () => resolve(), { once: true })
  await promise
  clearTimeout(timer)
}
