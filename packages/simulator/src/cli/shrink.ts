/**
 * Makes a failing seed smaller: classes of faults, the strategies of liars, members and time are taken away for as long as the
 * same invariant does not hold. Classes go by halves first, then one by one (Zeller and Hildebrandt's ddmin).
 */
import { FAULT_CLASSES, type FaultClass, type Report, classesOf, drawPlan } from '../run/index.ts'
import type { Job, Pool } from './pool.ts'

export interface Shrunk {
  readonly job: Job
  readonly report: Report
  /** What is left of what the seed drew. */
  readonly classes: readonly FaultClass[]
  readonly strategies: readonly string[]
  readonly runs: number
  /** False where time ran out before nothing more could be taken away. */
  readonly is_smallest: boolean
}

export interface ShrinkOptions {
  /** It begins nothing more when this has passed. */
  readonly most_ms: number
  readonly onProgress?: (shrunk: Pick<Shrunk, 'classes' | 'strategies' | 'runs'>) => void
}

const LEAST_MEMBERS = 3
/** Time is cut until it is known to this part of what the run took. */
const CUTS = [0, 0.25, 0.5, 0.75] as const

/** @param failing a report with a violation, of this job */
export async function shrink(pool: Pool, job: Job, failing: Report, options: ShrinkOptions): Promise<Shrunk> {
  const shrinker = new Shrinker(pool, job, failing, options)
  // Until nothing more goes: with fewer members, a class may be idle that was needed before.
  for (let before = -1; before !== shrinker.steps; ) {
    before = shrinker.steps
    await shrinker.dropClasses()
    await shrinker.dropStrategies()
    await shrinker.dropMembers()
    await shrinker.cutTime()
  }
  return shrinker.result()
}

class Shrinker {
  readonly #pool: Pool
  readonly #invariant: string | undefined
  readonly #options: ShrinkOptions
  readonly #until: number
  #job: Job
  #report: Report
  #runs = 0
  #steps = 0
  #is_late = false

  constructor(pool: Pool, job: Job, failing: Report, options: ShrinkOptions) {
    this.#pool = pool
    this.#job = job
    this.#report = failing
    this.#invariant = failing.violation?.invariant
    this.#options = options
    this.#until = performance.now() + options.most_ms
  }

  /** Times that something was taken away. */
  get steps(): number {
    return this.#steps
  }

  get #classes(): FaultClass[] {
    const { seed, members, without } = this.#job
    return classesOf(drawPlan(seed, members, new Set(without)).swarm)
  }

  get #strategies(): string[] {
    const { seed, members, without, muted } = this.#job
    const { corrupted } = drawPlan(seed, members, new Set(without))
    const names = new Set([...corrupted.values()].flat().map(({ name }) => name))
    return [...names].filter((name) => muted?.includes(name) !== true)
  }

  dropClasses(): Promise<void> {
    return this.#drop(
      () => this.#classes,
      (left) => ({ ...this.#job, without: [...(this.#job.without ?? []), ...left] }),
    )
  }

  dropStrategies(): Promise<void> {
    return this.#drop(
      () => this.#strategies,
      (left) => ({ ...this.#job, muted: [...(this.#job.muted ?? []), ...left] }),
    )
  }

  /** Another number of members makes another world: often nothing fails there any more. */
  async dropMembers(): Promise<void> {
    const { members } = drawPlan(this.#job.seed, this.#job.members)
    const jobs: Job[] = []
    for (let fewer = LEAST_MEMBERS; fewer < members; fewer++) jobs.push({ ...this.#job, members: fewer })
    await this.#firstOf(jobs)
  }

  /** Nothing new goes wrong after the earliest of these moments. */
  async cutTime(): Promise<void> {
    const at_ms = this.#report.violation?.at_ms ?? 0
    const jobs: Job[] = []
    for (const part of CUTS) {
      const calm_from_ms = Math.round(at_ms * part)
      if (calm_from_ms < (this.#job.calm_from_ms ?? Number.POSITIVE_INFINITY)) jobs.push({ ...this.#job, calm_from_ms })
    }
    await this.#firstOf(jobs)
  }

  result(): Shrunk {
    const classes = this.#classes
    return {
      // What the seed does not draw is left out as well: then a few words name what is left.
      job: { ...this.#job, without: FAULT_CLASSES.filter((name) => !classes.includes(name)) },
      report: this.#report,
      classes,
      strategies: this.#strategies,
      runs: this.#runs,
      is_smallest: !this.#is_late,
    }
  }

  async #drop<T>(parts: () => readonly T[], leaveOut: (parts: readonly T[]) => Job): Promise<void> {
    for (let size = Math.ceil(parts().length / 2); size >= 1 && !this.#is_late; ) {
      const all = parts()
      const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size))
      const isSmaller = await this.#firstOf(chunks.map(leaveOut))
      if (!isSmaller) size = size === 1 ? 0 : Math.ceil(size / 2)
      else size = Math.min(size, Math.ceil(parts().length / 2))
    }
  }

  /** Takes the first of these that fails alike; false where none does. As many at a time as the pool runs. */
  async #firstOf(jobs: readonly Job[]): Promise<boolean> {
    for (let at = 0; at < jobs.length; at += this.#pool.size) {
      if (performance.now() >= this.#until) {
        this.#is_late = true
        return false
      }
      const batch = jobs.slice(at, at + this.#pool.size)
      const reports = await Promise.all(batch.map((job) => this.#pool.run(job)))
      this.#runs += batch.length
      const found = reports.findIndex(({ violation }) => violation?.invariant === this.#invariant)
      const [job, report] = [batch[found], reports[found]]
      if (!job || !report) continue
      this.#job = job
      this.#report = report
      this.#steps += 1
      this.#options.onProgress?.({ classes: this.#classes, strategies: this.#strategies, runs: this.#runs })
      return true
    }
    return false
  }
}
