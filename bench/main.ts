/** The entry of `pnpm bench`: results on stdout, progress and errors on stderr. */
import { helpText, parseArguments, type Arguments } from './arguments.ts'
import { BENCHES } from './benches.ts'
import { thisCommit, thisMachine } from './output/machine.ts'
import { jsonOf, textOf } from './output/report.ts'

const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const

async function main(args: readonly string[]): Promise<number> {
  const wanted = parseArguments(args, BENCHES)
  switch (wanted.kind) {
    case 'help':
      process.stdout.write(`${helpText(BENCHES)}\n`)
      return EXIT.done
    case 'wrong':
      process.stderr.write(`bench: ${wanted.message}\n\n${helpText(BENCHES)}\n`)
      return EXIT.usage
    case 'run':
      return measure(wanted)
  }
}

async function measure({ bench, json, ...wanted }: Extract<Arguments, { kind: 'run' }>): Promise<number> {
  const interruption = new AbortController()
  const interrupt = (): void => interruption.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const started_ms = performance.now()
  const progress = (line: string): void => {
    const seconds = ((performance.now() - started_ms) / 1_000).toFixed(1)
    process.stderr.write(`${seconds.padStart(6)} s  ${line}\n`)
  }
  try {
    // Before it starts: what is committed meanwhile is not what was measured.
    const commit = await thisCommit()
    const { rows, lines, wrong, bitcoind } = await bench.run({ ...wanted, progress, signal: interruption.signal })
    for (const one of wrong) process.stderr.write(`wrong: ${one}\n`)
    const report = { bench: bench.name, commit, machine: thisMachine(bitcoind), rows, ...(lines && { lines }), ok: wrong.length === 0 }
    process.stdout.write(`${json ? jsonOf(report) : textOf(report)}\n`)
    return report.ok ? EXIT.done : EXIT.failed
  } catch (error) {
    if (interruption.signal.aborted) return EXIT.interrupted
    process.stderr.write(`bench ${bench.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return EXIT.failed
  }
}

process.exitCode = await main(process.argv.slice(2))
