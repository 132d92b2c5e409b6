import { BitcoindError } from '../errors.ts'

/** A signal that fires on whichever comes first: the time is over, the caller gives up, the client closes. */
export interface Deadline {
  /** Its reason is always a BitcoindError: timeout or aborted. */
  readonly signal: AbortSignal
  /** Must be called when the work is done: it frees the timer and the listeners. */
  end(): void
}

export function startDeadline(timeout_ms: number, givenUp: readonly (AbortSignal | undefined)[]): Deadline {
  const controller = new AbortController()
  const sources = givenUp.filter((signal) => signal !== undefined)
  const abort = (event?: Event): void => {
    const cause: unknown = event?.target instanceof AbortSignal ? event.target.reason : undefined
    controller.abort(new BitcoindError('aborted', 'the call to bitcoind was given up', { cause }))
  }
  const timer = setTimeout(() => {
    controller.abort(new BitcoindError('timeout', `bitcoind did not answer within ${timeout_ms} ms`))
  }, timeout_ms)
  for (const source of sources) {
    if (source.aborted) abort()
    else source.addEventListener('abort', abort, { once: true })
  }
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer)
      for (const source of sources) source.removeEventListener('abort', abort)
    },
  }
}

/** The work, or the signal's reason as soon as it fires: for work that heeds no signal. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
