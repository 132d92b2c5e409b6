import {
  type Lock,
  assembleLock,
  assembleNextLock,
  consentsNeeded,
  lockToJson,
  refuseExisting,
  verifier,
  writeFiles,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option } from '../../command.ts'
import { usageError } from '../../errors.ts'
import { DEFINITION, LOCK, lockOfEpoch } from '../../files/names.ts'
import { type Report, type Style, sentenceList } from '../../output/index.ts'
import { describeDefinition, lockJson } from './describe.ts'
import { readSignable, readWords } from './read.ts'

interface LockOptions {
  readonly definition: string
  readonly out?: string
  readonly force?: boolean
}

export function registerLock(parent: Command, registrar: Registrar): void {
  addCommand<LockOptions, [files: string[]]>(parent, registrar, {
    usage: 'lock <files...>',
    summary: 'Assemble the lock from the signatures of all members',
    about:
      'A lock is made only when every member has signed the same definition. The lock of a change also takes the consents of ' +
      'members of the epoch before; signatures and consents are given in any order.',
    example: 'belfry federation lock signatures/*.json --definition federation.definition.json',
    options: [
      option('--definition <file>', 'what was signed: a definition, or a change').default(DEFINITION),
      option('--out <file>', `the lock (default: ${LOCK}, or ${lockOfEpoch(1)} and so on for a change)`),
      option('--force', 'replace the file that is there'),
    ],
    run: (options, files) => runLock(options, files),
  })
}

async function runLock(options: LockOptions, paths: readonly string[]): Promise<Report> {
  const { force = false } = options
  const signable = await readSignable(options.definition)
  const isChange = 'previous' in signable
  const out = options.out ?? (isChange ? lockOfEpoch(signable.previous.epoch + 1) : LOCK)
  await refuseExisting([out], { force })
  const { signatures, consents } = await readWords(paths)
  if (!isChange && consents.length > 0)
    throw usageError('A first lock follows no other, so nobody consents to it.', 'Leave the consents out, or give the change with --definition.')
  const lock = isChange
    ? assembleNextLock(verifier, signable, signatures, consents)
    : assembleLock(verifier, signable, signatures)
  await writeFiles([{ path: out, content: lockToJson(lock), privacy: 'public' }], { force })
  return {
    result: { file: out, ...lockJson(lock) },
    human: (style) => [
      ...describeDefinition(lock.definition, style),
      '',
      `Lock ${lock.lock_hash}, epoch ${lock.epoch}, signed by all ${lock.signatures.length} members.`,
      ...(isChange ? consentLines(signable.previous, lock, style) : []),
      isChange
        ? `Wrote ${out}. Every node is given this lock beside the ones before it; owners renew their vaults under it.`
        : `Wrote ${out}. Every node and every owner uses this same file.`,
    ],
  }
}

/** Whose consents, and how many were needed. */
export function consentLines({ definition, epoch, lock_hash }: Lock, { consents }: Lock, style: Style): string[] {
  const names = consents.map(({ index }) => definition.members[index - 1]?.name ?? `member ${index}`)
  return [
    style(
      'green',
      `It follows the lock ${lock_hash} of epoch ${epoch}: ${sentenceList(names)} consented, ${consentsNeeded(definition)} of ${definition.members.length} are needed.`,
    ),
  ]
}
