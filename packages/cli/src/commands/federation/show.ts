import {
  type Definition,
  FederationError,
  type Lock,
  checkDefinition,
  parseDefinition,
  parseLock,
  refuseOn,
  verifier,
  verifyLock,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand } from '../../command.ts'
import { readParsed } from '../../files/read-parsed.ts'
import type { Report } from '../../output/index.ts'
import { definitionJson, describeDefinition, lockJson } from './describe.ts'

export function registerShow(parent: Command, registrar: Registrar): void {
  addCommand<object, [file: string]>(parent, registrar, {
    usage: 'show <file>',
    summary: 'Check a lock or definition and say what it means',
    example: 'belfry federation show federation.lock.json',
    run: (_options, file) => runShow(file),
  })
}

async function runShow(file: string): Promise<Report> {
  const shown = await readParsed(file, 'a lock or definition', parse)
  return 'lock_hash' in shown ? showLock(shown) : showDefinition(shown)
}

/** A file of neither kind is refused with what a lock should be. */
function parse(text: string): Lock | Definition {
  try {
    return parseLock(text)
  } catch (error) {
    if (!(error instanceof FederationError) || error.code !== 'file-of-other-format') throw error
    return parseDefinition(text)
  }
}

function showLock(lock: Lock): Report {
  refuseOn(verifyLock(verifier, lock))
  return {
    result: { kind: 'lock', ...lockJson(lock) },
    human: (style) => [
      ...describeDefinition(lock.definition, style),
      '',
      `Lock ${lock.lock_hash}, epoch ${lock.epoch}: ${style('green', `valid, signed by all ${lock.signatures.length} members`)}.`,
    ],
  }
}

function showDefinition(definition: Definition): Report {
  refuseOn(checkDefinition(verifier, definition))
  return {
    result: { kind: 'definition', ...definitionJson(definition) },
    human: (style) => [
      ...describeDefinition(definition, style),
      '',
      `Definition ${definition.definition_hash}: ${style('yellow', 'not locked yet')}. Every member signs it next.`,
    ],
  }
}
