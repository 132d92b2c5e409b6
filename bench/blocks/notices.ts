/**
 * When bitcoind tells of a new block (`hashblock`), stamped on a thread of its own, so that the stamp waits for nothing that
 * the benchmark does meanwhile.
 */
import { Worker } from 'node:worker_threads'

export interface BlockNotice {
  readonly hash: string
  readonly at_ms: number
}

const LIMIT_MS = 30_000

export class Notices {
  readonly #ears: Worker
  readonly #last = new Map<string, BlockNotice>()
  #onNotice: ((notice: BlockNotice) => void) | null = null

  constructor(address: string) {
    this.#ears = new Worker(new URL('ears.ts', import.meta.url), { workerData: address })
    this.#ears.on('message', (notice: BlockNotice) => {
      // One block at a time is asked for.
      this.#last.clear()
      this.#last.set(notice.hash, notice)
      this.#onNotice?.(notice)
    })
  }

  get hasHeard(): boolean {
    return this.#last.size > 0
  }

  /** The notice of this block, which comes or has just come. */
  async of(hash: string): Promise<BlockNotice> {
    const known = this.#last.get(hash)
    if (known) return known
    const { promise, resolve, reject } = Promise.withResolvers<BlockNotice>()
    const tooLong = setTimeout(() => reject(new Error('bitcoind told of no block')), LIMIT_MS)
    this.#onNotice = (notice) => {
      if (notice.hash === hash) resolve(notice)
    }
    try {
      return await promise
    } finally {
      clearTimeout(tooLong)
      this.#onNotice = null
    }
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#ears.once('exit', resolve))
    this.#ears.postMessage('close', [])
    await ended
  }
}
