import type { CounterName } from '../counters.ts'
import { TokenBucket } from '../framing/token-bucket.ts'
import type { NetworkLimits } from '../limits.ts'

export type BudgetRefusal = Extract<CounterName,
  'requests_refused_rate' | 'requests_refused_concurrent' | 'requests_refused_bytes'>

/** What one owner may ask of this member: requests and bytes per minute, and how many at once. */
export class OwnerBudget {
  readonly #limits: NetworkLimits
  readonly #requests: TokenBucket
  readonly #bytes: TokenBucket
  #running = 0

  constructor(limits: NetworkLimits, now_ms: number) {
    this.#limits = limits
    this.#requests = new TokenBucket(limits.ownerRequestsPerMinute / 60, limits.ownerRequestsPerMinute, now_ms)
    this.#bytes = new TokenBucket(limits.ownerBytesPerMinute / 60, limits.ownerBytesPerMinute, now_ms)
  }

  /** null: begun, and `end` is due. */
  begin(now_ms: number): BudgetRefusal | null {
    if (this.#running >= this.#limits.ownerConcurrentRequests) return 'requests_refused_concurrent'
    if (!this.#requests.take(1, now_ms)) return 'requests_refused_rate'
    this.#running++
    return null
  }

  /** Whether a request of this many bytes may be read. */
  takeBytes(length: number, now_ms: number): boolean {
    return this.#bytes.take(length, now_ms)
  }

  end(): void {
    this.#running--
  }
}
