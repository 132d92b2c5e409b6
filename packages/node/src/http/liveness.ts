/** Whether a restart would help: only where this process' own loop failed or no longer turns. */
import type { LoopStatus } from '@belfry/runtime'

export interface LivenessModules {
  readonly loop: () => { readonly status: LoopStatus; readonly turns: number }
  /** Milliseconds that never run backwards. */
  readonly now: () => number
}

export class Liveness {
  readonly #limit_ms: number
  readonly #modules: LivenessModules
  #turns = -1
  #since_ms = 0

  /** @param limit_ms a loop that turns at least each heartbeat and stands for this long is stuck */
  constructor(options: { readonly limit_ms: number }, modules: LivenessModules) {
    this.#limit_ms = options.limit_ms
    this.#modules = modules
  }

  /** Compares with what earlier calls saw, so it needs no timer, and two calls to find a stuck loop. */
  check(): 'live' | 'failed' | 'stuck' {
    const { status, turns } = this.#modules.loop()
    if (status !== 'running') return 'failed'
    const now_ms = this.#modules.now()
    if (turns !== this.#turns) {
      this.#turns = turns
      this.#since_ms = now_ms
    }
    return now_ms - this.#since_ms > this.#limit_ms ? 'stuck' : 'live'
  }
}
