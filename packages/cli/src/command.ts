/** One way to define a command, so that every one keeps the contract: help with an example, --json, exit codes. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ExitCode } from './errors.ts'
import type { Report } from './output/index.ts'
import type { Shell } from './shell.ts'

/** A command that wrote its own stream (`demo`, `node run`) says only how it ended. */
export interface Streamed {
  readonly streamed: true
  readonly exit: ExitCode
}

export interface CommandDefinition<Options, Operands extends readonly unknown[]> {
  /** Name and operands as commander takes them: `lock <signatures...>`. */
  readonly usage: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** What else a person must know before running it. */
  readonly about?: string
  /** A whole command line without the prompt. */
  readonly example: string
  readonly options?: readonly Option[]
  readonly run: (options: Options, ...operands: Operands) => Promise<Report | Streamed>
}

/** How a command's end reaches the process: the last one set counts. */
export interface Ended {
  exit: ExitCode
}

export interface Registrar {
  readonly shell: Shell
  readonly ended: Ended
}

/** Adds a command. `Options` is the shape that its options make, which commander cannot infer. */
export function addCommand<Options, Operands extends readonly unknown[] = []>(
  parent: Command,
  { shell, ended }: Registrar,
  { usage, summary, about, example, options = [], run }: CommandDefinition<Options, Operands>,
): Command {
  const command = parent.command(usage).summary(summary)
  command.description(about === undefined ? `${summary}.` : `${summary}.\n${about}`)
  command.addHelpText('after', `\nExample:\n  ${example}`)
  for (const option of options) command.addOption(option)
  return command.action(async (...given: unknown[]) => {
    // commander passes the operands, then the options, then the command itself.
    const operands = given.slice(0, -2) as readonly unknown[] as Operands
    const outcome = await run(given.at(-2) as Options, ...operands)
    if ('streamed' in outcome) ended.exit = outcome.exit
    else shell.output.report(outcome)
  })
}

export function option(flags: string, description: string): Option {
  return new Option(flags, description)
}

export function required(flags: string, description: string): Option {
  return new Option(flags, description).makeOptionMandatory()
}

/** An integer of a range; commander prints the refusal as a usage error. */
export function integer(flags: string, description: string, min: number, max: number): Option {
  return new Option(flags, description).argParser((text: string) => {
    const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  })
}
