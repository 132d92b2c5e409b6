import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { PLANTED, type PlantedBug } from '../planted/index.ts'

export interface Options {
  readonly seeds: number
  readonly from: number
  readonly members: number | undefined
  readonly planted: PlantedBug | undefined
  /** Seeds that run at the same time. */
  readonly jobs: number
  readonly trace: boolean
  readonly json: boolean
  readonly help: boolean
}

export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const DEFAULT_SEEDS = 100
const MAX_SEED = 0xffff_ffff
const LEAST_MEMBERS = 3
const MOST_MEMBERS = 64
const MOST_JOBS = 256

export const USAGE = `Usage: pnpm simulate [options]

Runs a federation in a deterministic world, once for each seed, and holds it to the protocol's invariants. The same seed
always gives the same run.

  --seeds N       how many seeds to run (default ${DEFAULT_SEEDS})
  --from S        the first of them (default 0)
  --seed S        this seed alone; the same as --from S --seeds 1
  --members M     members of the federation, ${LEAST_MEMBERS} to ${MOST_MEMBERS} (default: drawn for each seed)
  --planted NAME  run with a planted bug, which is to be found: ${PLANTED.map(({ name }) => name).join(', ')}
  --jobs J        seeds at a time (default: one for each core)
  --trace         with --seed: print everything that happens
  --json          print one JSON object as the last line of stdout
  --help          print this

Exit code: 0 when every invariant held, 1 when one did not, 2 for wrong usage.
`

/** @throws UsageError */
export function readOptions(argv: readonly string[]): Options {
  const values = parse(argv)
  const seed = values.seed === undefined ? undefined : numberOf('--seed', values.seed, 0, MAX_SEED)
  if (values.trace && seed === undefined) throw new UsageError('--trace needs --seed: one run is long enough to read.')
  if (seed !== undefined && (values.seeds !== undefined || values.from !== undefined)) {
    throw new UsageError('--seed is one seed alone: leave out --seeds and --from.')
  }
  const from = seed ?? numberOf('--from', values.from ?? '0', 0, MAX_SEED)
  const seeds = seed === undefined ? numberOf('--seeds', values.seeds ?? String(DEFAULT_SEEDS), 1, MAX_SEED + 1 - from) : 1
  return {
    seeds,
    from,
    members: values.members === undefined ? undefined : numberOf('--members', values.members, LEAST_MEMBERS, MOST_MEMBERS),
    planted: values.planted === undefined ? undefined : plantedOf(values.planted),
    jobs: values.jobs === undefined ? availableParallelism() : numberOf('--jobs', values.jobs, 1, MOST_JOBS),
    trace: values.trace,
    json: values.json,
    help: values.help,
  }
}

function parse(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      strict: true,
      options: {
        seeds: { type: 'string' },
        from: { type: 'string' },
        seed: { type: 'string' },
        members: { type: 'string' },
        planted: { type: 'string' },
        jobs: { type: 'string' },
        trace: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    return values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (!/^[0-9]{1,10}$/.test(text) || value < least || value > most) {
    throw new UsageError(`${option} is a whole number from ${least} to ${most}, not ${text.slice(0, 40)}.`)
  }
  return value
}

function plantedOf(name: string): PlantedBug {
  const found = PLANTED.find((bug) => bug.name === name)
  if (!found) throw new UsageError(`--planted is one of ${PLANTED.map((bug) => bug.name).join(', ')}.`)
  return found
}
