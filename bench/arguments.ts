/** `pnpm bench <name> [--json] [--blocks DIR] [--samples N] [--incidents N] [--seed N]`. */
import { parseArgs } from 'node:util'
import type { Bench, BenchContext } from './bench.ts'

export type Arguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string }
  | ({ readonly kind: 'run'; readonly bench: Bench; readonly json: boolean } & Choices)

export type Choices = Pick<BenchContext, 'blocks' | 'samples' | 'incidents' | 'seed'>

/** What is left after warming up must bear a p99. */
const MAX_SAMPLES = 10_000
const MAX_INCIDENTS = 1_000_000
const MAX_SEED = 2 ** 32 - 1

export function parseArguments(args: readonly string[], benches: readonly Bench[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        blocks: { type: 'string' },
        samples: { type: 'string' },
        incidents: { type: 'string' },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return { kind: 'help' }
    return chosen(positionals, { ...values, blocks: values.blocks ?? null }, benches)
  } catch (error) {
    // parseArgs says in its first sentence what it does not know.
    const said = error instanceof Error ? error.message.split('. ')[0] : undefined
    return wrong(said ?? 'the arguments cannot be read')
  }
}

interface Options {
  readonly json: boolean
  readonly blocks: string | null
  readonly samples?: string
  readonly incidents?: string
  readonly seed?: string
}

function chosen([name, ...rest]: readonly string[], options: Options, benches: readonly Bench[]): Arguments {
  const names = benches.map((one) => one.name).join(', ')
  if (name === undefined) return wrong(`which benchmark? There is: ${names}`)
  const bench = benches.find((one) => one.name === name)
  if (!bench) return wrong(`there is no benchmark "${name}"; there is: ${names}`)
  if (rest.length > 0) return wrong(`one benchmark at a time: "${rest.join(' ')}" is too much`)
  const samples = wholeNumber(options.samples, 1, MAX_SAMPLES)
  if (samples === undefined) return wrong(`--samples is a whole number from 1 to ${MAX_SAMPLES}`)
  const incidents = wholeNumber(options.incidents, 1, MAX_INCIDENTS)
  if (incidents === undefined) return wrong(`--incidents is a whole number from 1 to ${MAX_INCIDENTS}`)
  const seed = wholeNumber(options.seed, 0, MAX_SEED)
  if (seed === undefined) return wrong(`--seed is a whole number from 0 to ${MAX_SEED}`)
  return { kind: 'run', bench, json: options.json, blocks: options.blocks, samples, incidents, seed }
}

/** Null where nothing was said, undefined where it is no such number. */
function wholeNumber(text: string | undefined, min: number, max: number): number | null | undefined {
  if (text === undefined) return null
  const value = Number(text)
  return text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max ? value : undefined
}

function wrong(message: string): Arguments {
  return { kind: 'wrong', message }
}

export function helpText(benches: readonly Bench[]): string {
  const width = Math.max(...benches.map(({ name }) => name.length))
  return [
    'Measures Belfry beside a peer or limit, in one run on one machine.',
    '',
    'Usage: pnpm bench <name> [--json] [--blocks DIR] [--samples N] [--incidents N] [--seed N]',
    '',
    ...benches.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    '  --json        the last line on stdout is one JSON object (see bench/README.md)',
    '  --blocks DIR  use the real blocks *.raw in DIR where a benchmark needs blocks',
    '  --samples N   measure each row N times; for a quick look, too few for a p99',
    '  --incidents N, --seed N  of a simulation: how many in each row, and from which seed',
    '',
    'Exit: 0 measured, 1 failed or a result was wrong, 2 wrong usage, 130 interrupted.',
  ].join('\n')
}
