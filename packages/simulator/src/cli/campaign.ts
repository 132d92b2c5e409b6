/** Many seeds, and what they came to. Of every hundred one runs twice, for one seed is to give one run. */
import type { Alert } from '../invariants/index.ts'
import { type Report, isThorough } from '../run/index.ts'
import { type Job, type Pool, overAll } from './pool.ts'

export interface Campaign {
  readonly seeds: number
  /** By seed. */
  readonly failed: readonly Report[]
  /** Seeds that ran twice. */
  readonly replayed: number
  readonly events: number
  readonly steps: number
  /** How often each pair of input and state was met. */
  readonly coverage: ReadonlyMap<string, number>
  readonly endings: ReadonlyMap<string, number>
  /** In how many seeds each alert had to be told. */
  readonly due: ReadonlyMap<Alert, number>
}

export interface CampaignOptions {
  /** All that the runs have in common. */
  readonly job: Omit<Job, 'seed'>
  /** In the order in which they are to run. */
  readonly seeds: Iterable<number>
  readonly onReport?: (report: Report, done: number) => void
}

const REPLAY = { name: 'replay', sentence: 'one seed gives one run, also where each member decodes for itself' }

export async function runCampaign(pool: Pool, { job, seeds, onReport }: CampaignOptions): Promise<Campaign> {
  const tally = new Tally()
  await overAll(pool, seeds, async (seed) => {
    const first = await pool.run({ ...job, seed })
    const report = isThorough(seed) && first.violation === null ? await replayed(pool, { ...job, seed }, first) : first
    tally.add(report)
    onReport?.(report, tally.done)
  })
  return tally.campaign()
}

export function* range(from: number, count: number): Iterable<number> {
  for (let at = 0; at < count; at++) yield from + at
}

async function replayed(pool: Pool, job: Job, first: Report): Promise<Report> {
  const second = await pool.run({ ...job, reads_alone: true })
  if (second.digest === first.digest && second.events === first.events) return first
  const detail = `${first.events} events with digest ${first.digest}, then ${second.events} with ${second.digest}`
  return { ...first, violation: { invariant: REPLAY.name, sentence: REPLAY.sentence, detail, at_ms: 0, member: null, mark: '' } }
}

class Tally {
  readonly #failed: Report[] = []
  readonly #coverage = new Map<string, number>()
  readonly #endings = new Map<string, number>()
  readonly #due = new Map<Alert, number>()
  #replayed = 0
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
    for (const alert of report.due) add(this.#due, alert, 1)
    if (isThorough(report.seed)) this.#replayed += 1
    if (report.violation) this.#failed.push(report)
  }

  campaign(): Campaign {
    return {
      seeds: this.#done,
      failed: this.#failed.toSorted((a, b) => a.seed - b.seed),
      replayed: this.#replayed,
      events: this.#events,
      steps: this.#steps,
      coverage: this.#coverage,
      endings: this.#endings,
      due: this.#due,
    }
  }
}

function add<K>(counts: Map<K, number>, key: K, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}
