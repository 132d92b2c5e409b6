/**
 * Hears from every bitcoind what enters its mempool and chain, by its ZMQ `sequence` messages, on one clock. bitcoind
 * publishes an acceptance before it answers the RPC that brought it; what lies between acceptance and our stamp is the same
 * at both ends of a reaction, so that the difference is right although each end is late.
 */
import { createRequire } from 'node:module'
import type { RegtestNode } from '../../packages/client/src/regtest.ts'
import { monotonic_ms } from './clock.ts'

/** Of zeromq, which packages/node depends on. */
interface SequenceSocket extends AsyncIterable<readonly Uint8Array[]> {
  subscribe(topic: string): void
  connect(address: string): void
  close(): void
}

const nodePackage = createRequire(new URL('../../packages/node/package.json', import.meta.url))
const { Subscriber } = nodePackage('zeromq') as { Subscriber: new (options: { linger: number }) => SequenceSocket }

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

const HASH_BYTES = 32
const KINDS: ReadonlyMap<string, Notice['kind']> = new Map([['A', 'accepted'], ['C', 'connected']])
/** An incident has some dozens. */
const MAX_NOTICES = 100_000
/** Until ZMQ has connected, what is published is lost. */
const CONNECT_LIMIT_MS = 30_000
const CONNECT_ROUND_MS = 200

export class Witness {
  readonly #sockets: readonly SequenceSocket[]
  readonly #waiting = new Set<Waiting>()
  readonly #live = new Set<number>()
  #notices: Notice[] = []

  /** @param nodes in the order of the members */
  constructor(nodes: readonly RegtestNode[]) {
    this.#sockets = nodes.map(({ zmq }, node) => {
      const socket = new Subscriber({ linger: 0 })
      socket.subscribe('sequence')
      socket.connect(zmq.sequence)
      void this.#hear(socket, node)
      return socket
    })
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
    while (this.#live.size < this.#sockets.length) {
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

  close(): void {
    for (const socket of this.#sockets) socket.close()
  }

  async #hear(socket: SequenceSocket, node: number): Promise<void> {
    for await (const [, body] of socket) {
      const at_ms = monotonic_ms()
      this.#live.add(node)
      if (body === undefined) continue
      const kind = KINDS.get(String.fromCharCode(body[HASH_BYTES] ?? 0))
      if (kind === undefined) continue
      this.#note({ kind, id: Buffer.from(body.subarray(0, HASH_BYTES)).toString('hex'), node, at_ms })
    }
  }

  #note(notice: Notice): void {
    if (this.#notices.length < MAX_NOTICES) this.#notices.push(notice)
    for (const { isIt, found } of this.#waiting) if (isIt(notice)) found(notice)
  }
}
