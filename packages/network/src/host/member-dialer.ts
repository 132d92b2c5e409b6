import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { NetworkError } from '../errors.ts'
import { backoff_ms } from './backoff.ts'
import type { Parts } from './parts.ts'

/** More addresses than that nobody has; each costs a dial. */
const ADDRESSES_PER_MEMBER = 16
/** The higher peer id waits this long before its first dial, so that mostly one of two dials. */
const SECOND_TO_DIAL_MS = 250
/** A connection that broke sooner than this did not work: the next dial backs off further instead of starting over. */
const STABLE_MS = 5_000

export interface MemberDialerModules extends Parts {
  readonly dial: (addresses: Multiaddr[], signal: AbortSignal) => Promise<Connection>
}

/** The addresses of one member. Once started, keeps a connection to it: dials, and dials again when it is lost. */
export class MemberDialer {
  /** For people. */
  readonly #index: number
  readonly #modules: MemberDialerModules
  readonly #addresses: Multiaddr[] = []
  readonly #stopped = new AbortController()
  #started = false
  #timer: NodeJS.Timeout | null = null
  #dialling: Promise<void> | null = null
  #connectedAt_ms: number | null = null
  #failures = 0

  constructor(index: number, modules: MemberDialerModules) {
    this.#index = index
    this.#modules = modules
  }

  /** @param first whether this side dials first of the two */
  start(first: boolean): void {
    this.#started = true
    if (this.#connectedAt_ms === null) this.#schedule(first ? 0 : SECOND_TO_DIAL_MS * (1 + this.#modules.random()))
  }

  /** @throws NetworkError `bad-option` when there are too many */
  addAddress(address: Multiaddr): void {
    if (this.#addresses.some((known) => known.equals(address))) return
    if (this.#addresses.length >= ADDRESSES_PER_MEMBER) {
      throw new NetworkError('bad-option', `member ${this.#index} already has ${ADDRESSES_PER_MEMBER} addresses`,
        'Remove addresses that no longer work.')
    }
    this.#addresses.push(address)
    this.#failures = 0
    if (this.#connectedAt_ms === null) this.#schedule(0)
  }

  /** One dial of all addresses, the first that answers wins. */
  dial(signal: AbortSignal): Promise<Connection> {
    this.#modules.counters.add('dials_started')
    return this.#modules.dial(this.#addresses, AbortSignal.any([signal, this.#stopped.signal]))
  }

  connected(): void {
    this.#connectedAt_ms = this.#modules.now()
    this.#cancel()
  }

  disconnected(): void {
    const now_ms = this.#modules.now()
    const lasted_ms = now_ms - (this.#connectedAt_ms ?? now_ms)
    this.#connectedAt_ms = null
    this.#failures = lasted_ms >= STABLE_MS ? 0 : this.#failures + 1
    this.#redial()
  }

  async stop(): Promise<void> {
    this.#cancel()
    this.#stopped.abort()
    await this.#dialling
  }

  #redial(): void {
    const { limits, random } = this.#modules
    this.#schedule(backoff_ms(this.#failures, limits.redialMin_ms, limits.redialMax_ms, random))
  }

  #schedule(wait_ms: number): void {
    if (!this.#started || this.#stopped.signal.aborted) return
    this.#cancel()
    this.#timer = setTimeout(() => this.#attempt(), wait_ms)
  }

  #cancel(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #attempt(): void {
    if (this.#dialling || this.#connectedAt_ms !== null || this.#addresses.length === 0) return
    this.#dialling = this.#tryDial().finally(() => {
      this.#dialling = null
      if (this.#connectedAt_ms === null) this.#redial()
    })
  }

  async #tryDial(): Promise<void> {
    const { limits, counters, log } = this.#modules
    try {
      await this.dial(AbortSignal.timeout(limits.dialTimeout_ms))
    } catch (error) {
      if (this.#stopped.signal.aborted) return
      this.#failures++
      counters.add('dials_failed')
      log('debug', 'dial-failed', { member: this.#index, failures: this.#failures, cause: String(error) })
    }
  }
}
