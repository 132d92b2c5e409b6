/** Runs one command line and ends the process with its exit code. */
import { createInterface } from 'node:readline/promises'
import { CommanderError } from 'commander'
import type { Ended } from './command.ts'
import { CliError, EXIT, type ExitCode, failureOf } from './errors.ts'
import { Output, type Writable } from './output/index.ts'
import { createProgram } from './program.ts'
import type { Shell } from './shell.ts'

export interface World {
  readonly stdout: Writable
  readonly stderr: Writable
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly signal: AbortSignal
  readonly now: () => number
  /** Where it is missing, nobody can be asked. */
  readonly ask?: Shell['ask']
}

const askNobody: Shell['ask'] = () => Promise.resolve(null)

/** @param argv without the program and the script */
export async function run(argv: readonly string[], world: World): Promise<ExitCode> {
  const { stdout, stderr, env, cwd, signal, now, ask = askNobody } = world
  const json = wantsJson(argv)
  const output = new Output({ stdout, stderr, env, json })
  const shell: Shell = { output, signal, env, cwd, now, ask }
  const ended: Ended = { exit: EXIT.done }
  let help = ''
  const keep = (text: string): void => {
    help += text
  }
  try {
    const program = await createProgram({ argv, shell, ended, writeOut: keep, writeErr: keep })
    await program.parseAsync(argv, { from: 'user' })
    return ended.exit
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      output.report({ result: { help }, human: () => help.trimEnd().split('\n') })
      return EXIT.done
    }
    // Shown because a verb is missing: not asked for, so no result.
    for (const line of help === '' ? [] : help.split('\n')) output.progress(line)
    const failure = failureOf(signal.aborted ? interruption(error) : error, isDebugging(env))
    output.fail(failure)
    return failure.exit
  }
}

function isDebugging(env: NodeJS.ProcessEnv): boolean {
  return (env['BELFRY_DEBUG'] ?? '') !== ''
}

function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json')
}

/** What was asked to stop did so, whatever the parts that it was made of say about it. */
function interruption(cause: unknown): Error {
  const error = new Error('interrupted', { cause })
  error.name = 'AbortError'
  return error
}

/** Called by main.ts once the Node is known to be new enough. */
export async function runProcess(process: NodeJS.Process): Promise<void> {
  // A reader that has had enough (`belfry … | head`) is no error; a result that cannot be written is one.
  process.stdout.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(EXIT.done)
    const message = `standard output could not be written (${code})`
    const failure = failureOf(new CliError('output-not-written', message, 'Free space, or send it elsewhere.'), false)
    new Output({ stdout: process.stderr, stderr: process.stderr, env: process.env, json: false }).fail(failure)
    process.exit(failure.exit)
  })
  // Nobody listens to what is said on the way: no reason to leave the work half done.
  process.stderr.on('error', () => {})
  const { stdout, stderr, env } = process
  const signal = interruptible(process)
  const argv = process.argv.slice(2)
  // Thrown where nobody waits for it: told like any other failure, and the end of the process like any such.
  process.on('uncaughtException', (error) => {
    const failure = failureOf(error, isDebugging(env))
    new Output({ stdout, stderr, env, json: wantsJson(argv) }).fail(failure)
    process.exit(failure.exit)
  })
  const ask = askAt(process, signal)
  const exit = await run(argv, { stdout, stderr, env, cwd: process.cwd(), signal, now: Date.now, ask })
  // Both streams are flushed before the process is ended, whatever handle a library left open.
  await Promise.all([stdout, stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))))
  process.exit(exit)
}

/** On standard error, so that a question is in nobody's result. */
function askAt({ stdin, stderr }: NodeJS.Process, signal: AbortSignal): Shell['ask'] {
  return async (question) => {
    if (!stdin.isTTY || !stderr.isTTY) return null
    const lines = createInterface({ input: stdin, output: stderr })
    try {
      return await lines.question(question, { signal })
    } finally {
      lines.close()
    }
  }
}

/** The first signal asks the command to stop and clean up; the second ends the process. */
function interruptible(process: NodeJS.Process): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EXIT.interrupted)
      controller.abort(name)
    })
  }
  return controller.signal
}
