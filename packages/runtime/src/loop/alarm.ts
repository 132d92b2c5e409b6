import type { Millis } from '@belfry/protocol/primitives'
import type { Clock } from '../ports.ts'

/** No two ticks closer than this: a core that asks to be woken in the past must not spin while time stands still. */
const MIN_TICK_GAP_MS = 1

/** Keeps the clock set to what the core asked for last. A tick that is due waits here, so no flood can push it out. */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #set_for_ms: Millis | null = null
  #earliest_ms = 0
  #due = false

  /** `ring` is called when a tick has become due. */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  get due(): boolean {
    return this.#due
  }

  /** Touches the clock only where the time has changed, which after most turns it has not. */
  set(wake_at_ms: Millis | null): void {
    const at_ms = wake_at_ms === null ? null : (Math.max(wake_at_ms, this.#earliest_ms) as Millis)
    if (at_ms === this.#set_for_ms) return
    this.#set_for_ms = at_ms
    this.#clock.wakeAt(at_ms, this.#onWake)
  }

  /** The time of the tick that is due; null if none is. */
  take(): Millis | null {
    if (!this.#due) return null
    this.#due = false
    const at_ms = this.#clock.now()
    this.#earliest_ms = at_ms + MIN_TICK_GAP_MS
    return at_ms
  }

  stop(): void {
    this.#due = false
    this.#set_for_ms = null
    this.#clock.wakeAt(null, this.#onWake)
  }

  readonly #onWake = (): void => {
    this.#set_for_ms = null
    this.#due = true
    this.#ring()
  }
}
