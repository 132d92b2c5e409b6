/** The limit: a subscriber that counts, and does nothing else with what comes. */
import { createRequire } from 'node:module'
import { monotonic_ms } from '../../reaction/clock.ts'
import type { Listener, Publication } from './publication.ts'

/** Of zeromq, which packages/node depends on. */
interface Socket {
  readonly closed: boolean
  subscribe(topic: string): void
  connect(address: string): void
  receive(): Promise<readonly Buffer[]>
  close(): void
}

const nodePackage = createRequire(new URL('../../../packages/node/package.json', import.meta.url))
const { Subscriber } = nodePackage('zeromq') as { Subscriber: new (options: object) => Socket }

/** As the watcher's. */
const HIGH_WATER_MARK = 20_000
const RAWTX = 'r'.charCodeAt(0)

export class BareSubscriber implements Listener, AsyncDisposable {
  messages = 0
  readonly #socket = new Subscriber({ receiveHighWaterMark: HIGH_WATER_MARK, linger: 0 })
  readonly #ended: Promise<void>
  #transactions = 0
  /** Which transactions are waited for, and when they came. */
  #places: readonly number[] = []
  #came_ms: number[] = []
  #isCounted = { rawtx: false, sequence: false }

  constructor({ rawtx, sequence }: Publication) {
    this.#socket.subscribe('rawtx')
    this.#socket.subscribe('sequence')
    this.#socket.connect(rawtx)
    this.#socket.connect(sequence)
    this.#ended = this.#count()
  }

  get isLive(): boolean {
    return this.#isCounted.rawtx && this.#isCounted.sequence
  }

  /** @returns when the transactions with these numbers, from now on, will have come */
  expect(places: readonly number[]): readonly number[] {
    this.#transactions = 0
    this.#places = places
    this.#came_ms = []
    return this.#came_ms
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close()
    await this.#ended
  }

  async #count(): Promise<void> {
    const socket = this.#socket
    try {
      while (!socket.closed) this.#note(await socket.receive())
    } catch (error) {
      if (!socket.closed) throw error
    }
  }

  #note([topic]: readonly Buffer[]): void {
    this.messages += 1
    if (topic?.[0] !== RAWTX) {
      this.#isCounted.sequence = true
      return
    }
    this.#isCounted.rawtx = true
    if (this.#places[this.#came_ms.length] === this.#transactions) this.#came_ms.push(monotonic_ms())
    this.#transactions += 1
  }
}
