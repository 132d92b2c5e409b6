import type { Millis } from '@belfry/protocol/primitives'
import type { Clock } from '@belfry/runtime'

/** setTimeout fires at once for anything longer. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** The machine's clock. Wall time, for what is signed and told; nothing that must be safe depends on it. */
export class SystemClock implements Clock {
  #timer: NodeJS.Timeout | null = null

  now(): Millis {
    return Date.now() as Millis
  }

  wakeAt(at_ms: Millis | null, wake: () => void): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = at_ms === null ? null : setTimeout(wake, Math.min(Math.max(0, at_ms - Date.now()), MAX_DELAY_MS))
  }

  soon(run: () => void): void {
    setImmediate(run)
  }
}
