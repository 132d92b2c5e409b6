import type { Millis } from '@belfry/protocol/primitives'
import type { Clock } from '../../src/index.ts'

/** Time stands still until a test moves it. */
export class ManualClock implements Clock {
  #now = 1_000_000
  #soon: (() => void)[] = []
  #wake: { readonly at_ms: number; readonly wake: () => void } | null = null

  now(): Millis {
    return this.#now as Millis
  }

  wakeAt(at_ms: Millis | null, wake: () => void): void {
    this.#wake = at_ms === null ? null : { at_ms, wake }
  }

  soon(run: () => void): void {
    this.#soon.push(run)
  }

  get wake_at_ms(): number | null {
    return this.#wake?.at_ms ?? null
  }

  /** Whether something is to run soon. */
  get due(): boolean {
    return this.#soon.length > 0
  }

  /** Whether there was anything to run. */
  runSoon(): boolean {
    const due = this.#soon
    this.#soon = []
    for (const run of due) run()
    return due.length > 0
  }

  advance(ms: number): void {
    this.#now += ms
    const due = this.#wake
    if (due === null || due.at_ms > this.#now) return
    this.#wake = null
    due.wake()
  }
}
