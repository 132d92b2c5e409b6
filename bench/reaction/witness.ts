/**
 * Hears from every bitcoind what enters its mempool and chain, by its ZMQ `sequence` messages, on one clock. bitcoind
 * publishes an acceptance before it answers the RPC that brought it; what lies between acceptance and our stamp is the same
 * at both ends of a reaction, so that the difference is right although each end is late.
 */
import { Worker } from 'node:worker_threads'
import type { RegtestNode } from '../../packages/client/src/regtest.ts'
import { monotonic_ms } from './clock.ts'

export interface Notice {
  readonly kind: 'accepted' | 'connected'
  /** Txid or block hash, in RPC order. */
  readonly id: string
  /** Index of the bitcoind. */
  readonly node: number
  readonly at_ms: number
}

interface Waiting {
  readonly isIt: (notice: Notice) => boolean
  readonly found: (notice: Notice) => void
}

/** An incident has some dozens. */
const MAX_NOTICES = 100_000
/** Until ZMQ has connected, what is published is lost. */
const CONNECT_LIMIT_MS = 30_000
const CONNECT_ROUND_MS = 200

export class Witness {
  readonly #ears: Worker
  readonly #nodes: number
  readonly #waiting = new Set<Waiting>()
  readonly #live = new Set<number>()
  #notices: Notice[] = []

  /** @param nodes in the order of the members */
  constructor(nodes: readonly RegtestNode[]) {
    this.#nodes = nodes.length
    this.#ears = new Worker(new URL('ears.ts', import.meta.url), { workerData: nodes.map(({ zmq }) => zmq.sequence) })
    this.#ears.on('message', (notice: Notice) => this.#note(notice))
  }

  /** Everything since the last `begin`. */
  get notices(): readonly Notice[] {
    return this.#notices
  }

  begin(): void {
    this.#notices = []
  }

  /** Mines until every bitcoind was heard. */
  async untilLive(mine: () => Promise<unknown>): Promise<void> {
    const end_ms = monotonic_ms() + CONNECT_LIMIT_MS
    while (this.#live.size < this.#nodes) {
      if (monotonic_ms() > end_ms) throw new Error('a bitcoind publishes nothing by ZMQ')
      await mine()
      await new Promise((resolve) => setTimeout(resolve, CONNECT_ROUND_MS))
    }
  }

  /** The first notice since `begin` of one of these, at whichever bitcoind; null where none comes. */
  async first(kind: Notice['kind'], ids: readonly string[], limit_ms: number): Promise<Notice | null> {
    const isIt = (notice: Notice): boolean => notice.kind === kind && ids.includes(notice.id)
    const known = this.#notices.find(isIt)
    if (known) return known
    const { promise, resolve } = Promise.withResolvers<Notice | null>()
    const waiting: Waiting = { isIt, found: resolve }
    const tooLong = setTimeout(() => resolve(null), limit_ms)
    this.#waiting.add(waiting)
    try {
      return await promise
    } finally {
      clearTimeout(tooLong)
      this.#waiting.delete(waiting)
    }
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#ears.once('exit', resolve))
    this.#ears.postMessage('close', [])
    await ended
  }

  #note(notice: Notice): void {
    this.#live.add(notice.node)
    if (this.#notices.length < MAX_NOTICES) this.#notices.push(notice)
    for (const { isIt, found } of this.#waiting) if (isIt(notice)) found(notice)
  }
}
