/** Every planted bug, and what finds it: the proof that the simulator finds what it is for. */
import type { PlantedBug } from '../planted/index.ts'
import { drawPlan } from '../run/plan.ts'
import { type Pool, overAll } from './pool.ts'

/** For those that few seeds can show. */
const MOST_LOOKED_AT = 10_000

export interface PlantedRow {
  readonly name: string
  readonly what: string
  readonly within_seeds: number
  /** Seeds that were run: where only some can show it, fewer than the seed's number says. */
  readonly tried: number
  /** The first seed that found it; null where none of those did. */
  readonly seed: number | null
  /** What did not hold. */
  readonly invariant: string | null
  /** Found in time, by what it says may find it. */
  readonly is_caught: boolean
}

/** In the order of `bugs`. A bug's seeds run one after the other and end with the first that finds it. */
export async function plantedRows(pool: Pool, bugs: readonly PlantedBug[], onRow: (row: PlantedRow) => void = () => {}): Promise<readonly PlantedRow[]> {
  const rows = new Map<string, PlantedRow>()
  // Those that may take longest first, so that no core waits at the end.
  const longestFirst = bugs.toSorted((a, b) => b.within_seeds - a.within_seeds)
  await overAll(pool, longestFirst, async (bug) => {
    const row = await rowOf(pool, bug)
    rows.set(bug.name, row)
    onRow(row)
  })
  return bugs.flatMap(({ name }) => rows.get(name) ?? [])
}

async function rowOf(pool: Pool, bug: PlantedBug): Promise<PlantedRow> {
  const { name, what, caught_by, within_seeds } = bug
  let tried = 0
  for (const seed of seedsOf(bug)) {
    tried += 1
    const { violation } = await pool.run({ seed, planted: name })
    if (violation === null) continue
    const { invariant } = violation
    return { name, what, within_seeds, tried, seed, invariant, is_caught: caught_by.includes(invariant) }
  }
  return { name, what, within_seeds, tried, seed: null, invariant: null, is_caught: false }
}

/** The first seeds from 0 that can show it. */
function* seedsOf({ within_seeds, shown_in }: PlantedBug): Iterable<number> {
  let tried = 0
  for (let seed = 0; tried < within_seeds && seed < MOST_LOOKED_AT; seed++) {
    if (shown_in && !shown_in(drawPlan(seed))) continue
    tried += 1
    yield seed
  }
}

export function describeRows(rows: readonly PlantedRow[]): string {
  const table = rows.map(({ name, invariant, seed, tried, within_seeds, is_caught, what }) => [
    name,
    seed === null ? 'not found' : `${is_caught ? '' : 'wrongly '}by ${invariant}`,
    seed === null ? '' : `at seed ${seed}`,
    `${tried} of ${within_seeds}`,
    what,
  ])
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...table.map((row) => row[column]?.length ?? 0)))
  return table.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`).join('')
}
