/**
 * A budget that refills with time. Pure: the caller brings the time, which must not run backwards (performance.now()).
 */
export class TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #refilledAt_ms: number

  /** Starts full. */
  constructor(perSecond: number, burst: number, now_ms: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#refilledAt_ms = now_ms
  }

  /** Takes the cost if there is enough, else takes nothing. */
  take(cost: number, now_ms: number): boolean {
    this.#refill(now_ms)
    if (this.#tokens < cost) return false
    this.#tokens -= cost
    return true
  }

  /** Takes the cost although it may leave a debt; takes nothing once the debt is a whole burst. */
  overdraw(cost: number, now_ms: number): boolean {
    this.#refill(now_ms)
    if (this.#tokens <= -this.#burst) return false
    this.#tokens -= cost
    return true
  }

  /** How long until `tokens` are there; 0 if they are now. More than a burst never comes: ask for at most that. */
  wait_ms(tokens: number, now_ms: number): number {
    this.#refill(now_ms)
    const missing = Math.min(tokens, this.#burst) - this.#tokens
    return missing <= 0 ? 0 : (missing / this.#perSecond) * 1000
  }

  #refill(now_ms: number): void {
    const elapsed_ms = Math.max(0, now_ms - this.#refilledAt_ms)
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed_ms / 1000) * this.#perSecond)
    this.#refilledAt_ms = now_ms
  }
}
