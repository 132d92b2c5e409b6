/** A person's yes to what cannot be taken back. */
import type { Option } from 'commander'
import { option } from './command.ts'
import { CliError, usageError } from './errors.ts'
import type { Shell } from './shell.ts'

export interface ConfirmOptions {
  readonly yes?: boolean
}

export function confirmOptions(): Option[] {
  return [option('--yes', 'do not ask whether it is meant')]
}

/**
 * Says what will happen, and asks. The whole word is asked for: a key pressed too often is no answer.
 * @param what whole sentences
 * @throws CliError not-confirmed; usage where there is nobody to ask
 */
export async function confirm({ yes = false }: ConfirmOptions, what: readonly string[], { output, ask }: Shell): Promise<void> {
  for (const sentence of what) output.warn(sentence)
  if (yes) return
  const answer = await ask('Type yes to go on: ')
  if (answer === null) throw usageError('Nobody is here to be asked whether this is meant.', 'Add --yes if it is.')
  if (answer.trim().toLowerCase() === 'yes') return
  throw new CliError('not-confirmed', 'Nothing was done: the answer was not yes.', 'Run it again when it is meant.')
}
