/** Runs on as many cores as there are. Each run is a world of its own, so their order does not matter. */
import { Worker } from 'node:worker_threads'
import type { FaultClass, Report } from '../run/index.ts'

/** One run, as it can be told to a worker. */
export interface Job {
  readonly seed: number
  readonly members?: number | undefined
  /** The name of a planted bug. */
  readonly planted?: string | undefined
  readonly without?: readonly FaultClass[] | undefined
  /** Strategies that no liar follows, by name. */
  readonly muted?: readonly string[] | undefined
  readonly calm_from_ms?: number | undefined
  readonly reads_alone?: boolean | undefined
}

interface Waiting {
  readonly job: Job
  readonly resolve: (report: Report) => void
  readonly reject: (error: Error) => void
}

/** Sources run as they are; what was built has another name. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

/** A run leaves much behind that is soon garbage: with room for it, collecting costs a tenth less of all. */
const YOUNG_MB = 192

export class Pool {
  readonly #workers: readonly Worker[]
  readonly #idle: Worker[]
  readonly #queue: Waiting[] = []
  readonly #running = new Map<Worker, Waiting>()

  constructor(size: number) {
    this.#workers = Array.from({ length: size }, () => this.#newWorker())
    this.#idle = [...this.#workers]
  }

  /** Runs at a time. */
  get size(): number {
    return this.#workers.length
  }

  run(job: Job): Promise<Report> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject })
      this.#handOut()
    })
  }

  /** What runs still is given up. */
  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  #newWorker(): Worker {
    const worker = new Worker(WORKER, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } })
    worker.on('message', (report: Report) => {
      this.#running.get(worker)?.resolve(report)
      this.#running.delete(worker)
      this.#idle.push(worker)
      this.#handOut()
    })
    // It is no use any more: nothing is handed to it again.
    worker.on('error', (error: Error) => {
      this.#running.get(worker)?.reject(error)
      this.#running.delete(worker)
    })
    return worker
  }

  #handOut(): void {
    while (this.#idle.length > 0 && this.#queue.length > 0) {
      const [worker, waiting] = [this.#idle.pop(), this.#queue.shift()]
      if (!worker || !waiting) return
      this.#running.set(worker, waiting)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, no window
      worker.postMessage(waiting.job)
    }
  }
}

/** Calls `act` for one item after another, as many at a time as the pool runs. */
export async function overAll<T>(pool: Pool, items: Iterable<T>, act: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]()
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) await act(next.value)
  }
  await Promise.all(Array.from({ length: pool.size }, lane))
}
