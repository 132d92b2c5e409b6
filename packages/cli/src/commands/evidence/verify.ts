import { type Federation, type ReadEvidence, parseEvidence, readEvidence } from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand, option } from '../../command.ts'
import { CliError } from '../../errors.ts'
import { LOCK } from '../../files/names.ts'
import { readFederation } from '../../files/owner.ts'
import { readParsed } from '../../files/read-parsed.ts'
import type { Report } from '../../output/index.ts'
import { FAULTS, MEANING, deed, saidJson, saidLine } from './words.ts'

interface VerifyOptions {
  readonly lock: string
}

type File = ReturnType<typeof parseEvidence>

export function registerVerify(parent: Command, registrar: Registrar): void {
  addCommand<VerifyOptions, [file: string]>(parent, registrar, {
    usage: 'verify <file>',
    summary: 'Check evidence by the federation lock alone, and say who did what',
    about: 'No node is asked and no network is used. Exit 0: it convicts the member; 1: it does not.',
    example: 'belfry evidence verify evidence/belfry-evidence-0-4-5f5f5f5f5f5f5f5f.json --lock federation.lock.json',
    options: [option('--lock <file>', "the federation's lock, of the epoch in which the messages were signed").default(LOCK)],
    run: ({ lock }, file) => runVerify(file, lock),
  })
}

async function runVerify(path: string, lock: string): Promise<Report> {
  const file = await readParsed(path, 'evidence', parseEvidence)
  const federation = await readFederation(lock)
  if (file.lock_hash !== federation.lock_hash) {
    throw new CliError(
      'files-disagree',
      `${path} is about the lock ${file.lock_hash}, and ${lock} is ${federation.lock_hash}.`,
      'Give the lock of the epoch in which the messages were signed.',
    )
  }
  const read = readEvidence(federation, file)
  if (read.verdict !== 'ok') {
    throw new CliError(
      'evidence-invalid',
      `${path} convicts nobody. ${FAULTS[read.verdict]}`,
      'Believe no accusation that rests on this file; ask whoever gave it to you for the file as a node wrote it.',
    )
  }
  return report(federation, file, read)
}

function report(federation: Federation, file: File, read: ReadEvidence): Report {
  const { name, index } = federation.memberOf(file.member)
  const what = deed(file, read)
  return {
    result: {
      valid: true,
      member: { index, name },
      conflict: file.conflict,
      deed: what,
      first: saidJson(read.first),
      second: saidJson(read.second),
    },
    human: (style) => [
      `${style('red', 'Valid.')} ${name} (member ${index} of ${federation.name}) ${what}.`,
      `  first:  ${saidLine(read.first)}`,
      `  second: ${saidLine(read.second)}`,
      MEANING,
    ],
  }
}
