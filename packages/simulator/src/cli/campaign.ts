/** Many seeds, on as many cores as there are. Each seed is a world of its own, so their order does not matter. */
import { Worker } from 'node:worker_threads'
import type { Report } from '../run/index.ts'
import type { Options } from './options.ts'
import type { WorkerTask } from './worker.ts'

export interface Campaign {
  readonly seeds: number
  /** By seed. */
  readonly failed: readonly Report[]
  readonly events: number
  readonly steps: number
  /** How often each pair of input and incident status was met. */
  readonly coverage: ReadonlyMap<string, number>
  readonly endings: ReadonlyMap<string, number>
}

export type CampaignOptions = Pick<Options, 'seeds' | 'from' | 'members' | 'planted' | 'jobs'>

/** Sources run as they are; what was built has another name. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

export async function runSeeds(
  { seeds, from, members, planted, jobs }: CampaignOptions,
  onReport: (report: Report, done: number) => void = () => {},
): Promise<Campaign> {
  const tally = new Tally()
  let next = 0
  const workerData: WorkerTask = { members, planted: planted?.name }
  const runOne = (worker: Worker): Promise<void> =>
    new Promise((resolve, reject) => {
      const handOut = (): void => {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, no window
        if (next < seeds) worker.postMessage(from + next++)
        else resolve()
      }
      worker.on('error', reject)
      worker.on('message', (report: Report) => {
        tally.add(report)
        onReport(report, tally.done)
        handOut()
      })
      handOut()
    })
  const workers = Array.from({ length: Math.min(jobs, seeds) }, () => new Worker(WORKER, { workerData }))
  try {
    await Promise.all(workers.map(runOne))
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  return tally.campaign()
}

class Tally {
  readonly #failed: Report[] = []
  readonly #coverage = new Map<string, number>()
  readonly #endings = new Map<string, number>()
  #events = 0
  #steps = 0
  #done = 0

  get done(): number {
    return this.#done
  }

  add(report: Report): void {
    this.#done += 1
    this.#events += report.events
    this.#steps += report.steps
    for (const [pair, count] of report.coverage) add(this.#coverage, pair, count)
    add(this.#endings, report.ending, 1)
    if (report.violation) this.#failed.push(report)
  }

  campaign(): Campaign {
    return {
      seeds: this.#done,
      failed: this.#failed.toSorted((a, b) => a.seed - b.seed),
      events: this.#events,
      steps: this.#steps,
      coverage: this.#coverage,
      endings: this.#endings,
    }
  }
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}
