import type { Clock } from '@belfry/runtime'
import type { Millis } from '@belfry/protocol/primitives'
import type { World } from './world.ts'

/** What every member's clock would say at the world's beginning, were it right: 2025-01-01. */
export const EPOCH_MS = 1_735_689_600_000

export interface ClockError {
  readonly offset_ms: number
  /** Parts per million by which it runs fast (positive) or slow. */
  readonly drift_ppm: number
}

/** One life of one process: when it ends, nothing that waits for this clock runs any more. */
export class MemberClock implements Clock {
  readonly #world: World
  readonly #error: ClockError
  #armed = 0
  #ended = false

  constructor(world: World, error: ClockError) {
    this.#world = world
    this.#error = error
  }

  now(): Millis {
    return Math.floor(EPOCH_MS + this.#error.offset_ms + this.#world.now_ms * this.#rate) as Millis
  }

  get #rate(): number {
    return 1 + this.#error.drift_ppm / 1_000_000
  }

  wakeAt(at_ms: Millis | null, wake: () => void): void {
    this.#armed += 1
    if (at_ms === null) return
    const armed = this.#armed
    this.after(Math.ceil((at_ms - this.now()) / this.#rate), () => {
      if (this.#armed === armed) wake()
    })
  }

  soon(run: () => void): void {
    this.after(0, run)
  }

  /** Runs after a delay by the world's time, unless this life has ended by then. */
  after(delay_ms: number, run: () => void): void {
    this.#world.after(delay_ms, () => {
      if (!this.#ended) run()
    })
  }

  end(): void {
    this.#ended = true
  }
}
