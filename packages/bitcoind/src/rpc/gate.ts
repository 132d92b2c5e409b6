import { BitcoindError } from '../errors.ts'

export interface GateOptions {
  /** How many may be inside at once. */
  readonly slots: number
  /** How many may wait; one more is refused. */
  readonly maxWaiting: number
}

/** Bounds how many calls run at once, and how many wait for that. First come, first served. */
export class Gate {
  private free: number
  private readonly maxWaiting: number
  private readonly waiting = new Set<() => void>()

  constructor(options: GateOptions) {
    this.free = options.slots
    this.maxWaiting = options.maxWaiting
  }

  /**
   * Waits for a slot; the caller must `leave` once.
   * @throws BitcoindError busy when too many wait already, or the signal's reason
   */
  async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.free > 0) {
      this.free -= 1
      return
    }
    if (this.waiting.size >= this.maxWaiting) throw new BitcoindError('busy', 'too many calls to bitcoind are waiting')
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        this.waiting.delete(proceed)
        reject(signal.reason)
      }
      const proceed = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      this.waiting.add(proceed)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** Gives the slot to whoever has waited longest. */
  leave(): void {
    const [next] = this.waiting
    if (next === undefined) {
      this.free += 1
      return
    }
    this.waiting.delete(next)
    next()
  }
}
