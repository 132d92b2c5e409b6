/** `pnpm bench <name> [--json] [--blocks DIR] [--samples N]`. */
import { parseArgs } from 'node:util'
import type { Bench } from './bench.ts'

export type Arguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string }
  | { readonly kind: 'run'; readonly bench: Bench; readonly json: boolean; readonly blocks: string | null; readonly samples: number | null }

/** What is left after warming up must bear a p99. */
const MAX_SAMPLES = 10_000

export function parseArguments(args: readonly string[], benches: readonly Bench[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        blocks: { type: 'string' },
        samples: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return { kind: 'help' }
    return chosen(positionals, { json: values.json, blocks: values.blocks ?? null, samples: values.samples }, benches)
  } catch (error) {
    // parseArgs says in its first sentence what it does not know.
    const said = error instanceof Error ? error.message.split('. ')[0] : undefined
    return wrong(said ?? 'the arguments cannot be read')
  }
}

interface Options {
  readonly json: boolean
  readonly blocks: string | null
  readonly samples: string | undefined
}

function chosen([name, ...rest]: readonly string[], options: Options, benches: readonly Bench[]): Arguments {
  const names = benches.map((one) => one.name).join(', ')
  if (name === undefined) return wrong(`which benchmark? There is: ${names}`)
  const bench = benches.find((one) => one.name === name)
  if (!bench) return wrong(`there is no benchmark "${name}"; there is: ${names}`)
  if (rest.length > 0) return wrong(`one benchmark at a time: "${rest.join(' ')}" is too much`)
  const samples = options.samples === undefined ? null : Number(options.samples)
  if (samples !== null && !(Number.isInteger(samples) && samples >= 1 && samples <= MAX_SAMPLES)) {
    return wrong(`--samples is a whole number from 1 to ${MAX_SAMPLES}`)
  }
  return { kind: 'run', bench, json: options.json, blocks: options.blocks, samples }
}

function wrong(message: string): Arguments {
  return { kind: 'wrong', message }
}

export function helpText(benches: readonly Bench[]): string {
  const width = Math.max(...benches.map(({ name }) => name.length))
  return [
    'Measures Belfry beside a peer or limit, in one run on one machine.',
    '',
    'Usage: pnpm bench <name> [--json] [--blocks DIR] [--samples N]',
    '',
    ...benches.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    '  --json        the last line on stdout is one JSON object (see bench/README.md)',
    '  --blocks DIR  use the real blocks *.raw in DIR where a benchmark needs blocks',
    '  --samples N   measure each row N times; for a quick look, too few for a p99',
    '',
    'Exit: 0 measured, 1 failed or a result was wrong, 2 wrong usage, 130 interrupted.',
  ].join('\n')
}
