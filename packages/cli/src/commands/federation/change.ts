import {
  type Millis,
  changeToJson,
  parseCard,
  proposeChange,
  refuseExisting,
  refuseOn,
  verifier,
  verifyChain,
  writeFiles,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option } from '../../command.ts'
import { usageError } from '../../errors.ts'
import { CHANGE, LOCK } from '../../files/names.ts'
import { readParsed } from '../../files/read-parsed.ts'
import type { Report } from '../../output/index.ts'
import { changeJson, describeChange } from './describe-change.ts'
import { readLocks } from './read.ts'
import { type ThresholdOptions, choicesOf, thresholdOptions, timingOf } from './thresholds.ts'

interface ChangeOptions extends ThresholdOptions {
  readonly lock: readonly string[]
  readonly add?: readonly string[]
  readonly remove?: readonly string[]
  readonly convicted?: readonly string[]
  readonly out: string
  readonly force?: boolean
}

export function registerChange(parent: Command, registrar: Registrar): void {
  const { now } = registrar.shell
  addCommand<ChangeOptions>(parent, registrar, {
    usage: 'change',
    summary: 'Make the next definition of a federation: members that join, leave or come with another card',
    about:
      'Members that stay keep their names and keys. A card with the name of a present member takes its place. Thresholds ' +
      'that followed from the number of members follow again; those that were chosen stay.',
    example: 'belfry federation change --lock federation.lock.json --add cards/tower-6.json --remove tower-2',
    options: [
      option('--lock <files...>', 'the lock that it follows; the locks before it first, where there are any').default([LOCK], LOCK),
      option('--add <cards...>', 'cards of members that join, or take the place of the member with their name'),
      option('--remove <members...>', 'names or indices of members that leave'),
      option('--convicted <names...>', 'members that stay although evidence convicts them: their shares count as lost'),
      option('--out <file>', 'the change').default(CHANGE),
      ...thresholdOptions(),
      option('--force', 'replace the file that is there'),
    ],
    run: (options) => runChange(options, now() as Millis),
  })
}

async function runChange(options: ChangeOptions, created_at: Millis): Promise<Report> {
  const { out, force = false, remove = [], convicted = [] } = options
  await refuseExisting([out], { force })
  const locks = await readLocks(options.lock)
  refuseOn(verifyChain(verifier, locks))
  const previous = locks.at(-1)
  if (previous === undefined) throw usageError('A change follows a lock.', 'Give --lock.')
  const add = await Promise.all((options.add ?? []).map((path) => readParsed(path, 'a card', parseCard)))
  const change = proposeChange(verifier, {
    previous,
    add,
    remove,
    created_at,
    thresholds: choicesOf(options),
    timing: timingOf(options),
  })
  const unknown = convicted.find((name) => !previous.definition.members.some((one) => one.name === name))
  if (unknown !== undefined) throw usageError(`No member is called ${unknown}.`, 'Give --convicted names of members.')
  await writeFiles([{ path: out, content: changeToJson(change), privacy: 'public' }], { force })
  const background = { earlier: locks.slice(0, -1), convicted }
  return {
    result: { file: out, ...changeJson(change, background) },
    human: (style) => [
      ...describeChange(change, style, background),
      '',
      `Definition ${change.definition.definition_hash}`,
      `Wrote ${out}. Every member of the next epoch now signs it: belfry federation sign ${out} --data DIR --passphrase-file FILE`,
      'Once all have signed, members of the present epoch consent: belfry federation consent.',
    ],
  }
}
