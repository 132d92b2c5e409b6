import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { STRATEGIES } from '../adversary/index.ts'
import { PLANTED, type PlantedBug } from '../planted/index.ts'
import { FAULT_CLASSES, type FaultClass, isFaultClass } from '../run/index.ts'
import { USAGE_LIMITS as LIMITS } from './usage.ts'

export interface Options {
  readonly seeds: number
  readonly from: number
  /** The seeds of the corpus come first. */
  readonly corpus: boolean
  readonly members: number | undefined
  readonly planted: PlantedBug | undefined
  /** Classes of faults that do not exist, whatever a seed draws. */
  readonly without: readonly FaultClass[]
  /** Strategies that no liar follows. */
  readonly muted: readonly string[]
  readonly calm_from_ms: number | undefined
  /** No seed begins after as many seconds. */
  readonly seconds: number | undefined
  /** Seeds that run at the same time. */
  readonly jobs: number
  readonly planted_table: boolean
  readonly coverage: boolean
  readonly shrink: boolean
  readonly trace: boolean
  readonly json: boolean
  readonly help: boolean
}

export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** @throws UsageError */
export function readOptions(argv: readonly string[]): Options {
  const values = parse(argv)
  const seed = values.seed === undefined ? undefined : numberOf('--seed', values.seed, 0, LIMITS.seed)
  if (values.trace && seed === undefined) throw new UsageError('--trace needs --seed: one run is long enough to read.')
  if (seed !== undefined && (values.seeds !== undefined || values.from !== undefined || values.corpus)) {
    throw new UsageError('--seed is one seed alone: leave out --seeds, --from and --corpus.')
  }
  if (values.without !== undefined && values.only !== undefined) throw new UsageError('--without or --only, not both.')
  return {
    ...range(values, seed),
    corpus: values.corpus,
    members: values.members === undefined ? undefined : numberOf('--members', values.members, LIMITS.least_members, LIMITS.most_members),
    planted: values.planted === undefined ? undefined : plantedOf(values.planted),
    without: withoutOf(values.without, values.only),
    muted: values.mute === undefined ? [] : namesOf('--mute', values.mute, isStrategy),
    calm_from_ms: values['calm-from'] === undefined ? undefined : numberOf('--calm-from', values['calm-from'], 0, LIMITS.ms),
    seconds: values.seconds === undefined ? undefined : numberOf('--seconds', values.seconds, 1, LIMITS.seconds),
    jobs: values.jobs === undefined ? availableParallelism() : numberOf('--jobs', values.jobs, 1, LIMITS.jobs),
    planted_table: values['planted-table'],
    coverage: values.coverage,
    shrink: !values['no-shrink'],
    trace: values.trace,
    json: values.json,
    help: values.help,
  }
}

type Values = ReturnType<typeof parse>

function parse(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      strict: true,
      options: {
        seeds: { type: 'string' },
        from: { type: 'string' },
        seed: { type: 'string' },
        corpus: { type: 'boolean', default: false },
        members: { type: 'string' },
        planted: { type: 'string' },
        without: { type: 'string' },
        only: { type: 'string' },
        mute: { type: 'string' },
        'calm-from': { type: 'string' },
        seconds: { type: 'string' },
        jobs: { type: 'string' },
        'planted-table': { type: 'boolean', default: false },
        coverage: { type: 'boolean', default: false },
        'no-shrink': { type: 'boolean', default: false },
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

/** Which seeds: one, a number of them, as many as there is time for, or none besides the corpus. */
function range(values: Values, seed: number | undefined): Pick<Options, 'from' | 'seeds'> {
  if (seed !== undefined) return { from: seed, seeds: 1 }
  const from = numberOf('--from', values.from ?? '0', 0, LIMITS.seed)
  const most = LIMITS.seed + 1 - from
  if (values.seeds !== undefined) return { from, seeds: numberOf('--seeds', values.seeds, 1, most) }
  if (values.seconds !== undefined) return { from, seeds: most }
  return { from, seeds: values.corpus && values.from === undefined ? 0 : Math.min(LIMITS.default_seeds, most) }
}

function withoutOf(without: string | undefined, only: string | undefined): readonly FaultClass[] {
  if (without !== undefined) return namesOf('--without', without, isFaultClass)
  if (only === undefined) return []
  const kept = new Set(only === 'none' ? [] : namesOf('--only', only, isFaultClass))
  return FAULT_CLASSES.filter((name) => !kept.has(name))
}

function isStrategy(name: string): name is string {
  return STRATEGIES.some((strategy) => strategy.name === name)
}

function namesOf<T extends string>(option: string, text: string, isName: (name: string) => name is T): readonly T[] {
  return text.split(',').map((name) => {
    if (!isName(name)) throw new UsageError(`${option} does not know ${name.slice(0, 40)}: --help lists the names.`)
    return name
  })
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
