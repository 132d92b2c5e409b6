/** Wakes one sleeper. Rings while nobody sleeps are kept as one, so that none is lost and none pile up. */
export class Alarm {
  private isRung = false
  private wake: (() => void) | null = null

  ring(): void {
    this.isRung = true
    this.wake?.()
  }

  /** Returns at a ring, after the time, or when the signal is aborted. */
  async wait(timeout_ms: number, signal: AbortSignal): Promise<void> {
    if (!this.isRung && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const end = (): void => resolve()
      this.wake = end
      const timer = setTimeout(end, timeout_ms)
      signal.addEventListener('abort', end, { once: true })
      await promise
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      this.wake = null
    }
    this.isRung = false
  }
}
