/** The doublings after which the wait is at any sensible maximum; keeps the power of two a small number. */
const DOUBLINGS_MAX = 30

/** Doubles with each failure up to `max_ms`; half to one and a half times that, so that hosts do not march in step. */
export function backoff_ms(failures: number, min_ms: number, max_ms: number, random: () => number): number {
  const wait_ms = Math.min(max_ms, min_ms * 2 ** Math.min(failures, DOUBLINGS_MAX))
  return wait_ms * (0.5 + random())
}
