import {
  assembleLock,
  lockToJson,
  parseDefinition,
  parseLockSignature,
  refuseExisting,
  verifier,
  writeFiles,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option } from '../../command.ts'
import { DEFINITION, LOCK } from '../../files/names.ts'
import { readParsed } from '../../files/read-parsed.ts'
import type { Report } from '../../output/index.ts'
import { describeDefinition, lockJson } from './describe.ts'

interface LockOptions {
  readonly definition: string
  readonly out: string
  readonly force?: boolean
}

export function registerLock(parent: Command, registrar: Registrar): void {
  addCommand<LockOptions, [signatures: string[]]>(parent, registrar, {
    usage: 'lock <signatures...>',
    summary: 'Assemble the lock from the signatures of all members',
    about: 'A lock is made only when every member has signed the same definition.',
    example: 'belfry federation lock signatures/*.json --definition federation.definition.json',
    options: [
      option('--definition <file>', 'what was signed').default(DEFINITION),
      option('--out <file>', 'the lock').default(LOCK),
      option('--force', 'replace the file that is there'),
    ],
    run: (options, signatures) => runLock(options, signatures),
  })
}

async function runLock(
  { definition: path, out, force = false }: LockOptions,
  paths: readonly string[],
): Promise<Report> {
  await refuseExisting([out], { force })
  const definition = await readParsed(path, 'a definition', parseDefinition)
  const signatures = await Promise.all(paths.map((one) => readParsed(one, 'a signature', parseLockSignature)))
  const lock = assembleLock(verifier, definition, signatures)
  await writeFiles([{ path: out, content: lockToJson(lock), privacy: 'public' }], { force })
  return {
    result: { file: out, ...lockJson(lock) },
    human: (style) => [
      ...describeDefinition(definition, style),
      '',
      `Lock ${lock.lock_hash}, signed by all ${lock.signatures.length} members.`,
      `Wrote ${out}. Every node and every owner uses this same file.`,
    ],
  }
}
