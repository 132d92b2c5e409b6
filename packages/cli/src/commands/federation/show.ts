import {
  type Change,
  type Definition,
  type Lock,
  checkChange,
  checkDefinition,
  refuseOn,
  verifier,
  verifyChain,
  verifyLock,
} from '@belfry/client'
import type { Command } from 'commander'
import { type Registrar, addCommand } from '../../command.ts'
import type { Report, Style } from '../../output/index.ts'
import { changeJson, describeChange } from './describe-change.ts'
import { definitionJson, describeDefinition, lockJson } from './describe.ts'
import { consentLines } from './lock.ts'
import { readLocks, readShown } from './read.ts'

export function registerShow(parent: Command, registrar: Registrar): void {
  addCommand<object, [files: string[]]>(parent, registrar, {
    usage: 'show <files...>',
    summary: 'Check a lock, change or definition and say what it means',
    about: 'Of several locks, oldest first, it also checks that each rightly follows the one before.',
    example: 'belfry federation show federation.lock.json',
    run: (_options, files) => runShow(files),
  })
}

async function runShow(files: readonly string[]): Promise<Report> {
  const [file = ''] = files
  if (files.length > 1) return showChain(await readLocks(files))
  const shown = await readShown(file)
  if ('lock_hash' in shown) return showLock(shown)
  return 'previous' in shown ? showChange(shown) : showDefinition(shown)
}

function showLock(lock: Lock): Report {
  refuseOn(verifyLock(verifier, lock))
  return {
    result: { kind: 'lock', ...lockJson(lock) },
    human: (style) => [
      ...describeDefinition(lock.definition, style),
      '',
      validLine(lock, style),
      ...(lock.epoch === 0
        ? []
        : [
            `It follows the lock ${lock.previous_lock_hash ?? ''}, with ${lock.consents.length} consents. Whether these are enough, that lock shows: belfry federation show OLD NEW`,
          ]),
    ],
  }
}

/** Each epoch in one line, the last in full. */
function showChain(locks: readonly Lock[]): Report {
  refuseOn(verifyChain(verifier, locks))
  return {
    result: { kind: 'locks', epochs: locks.map(lockJson) },
    human: (style) => {
      const last = locks.at(-1)
      return [
        ...(last === undefined ? [] : [...describeDefinition(last.definition, style), '']),
        ...locks.flatMap((lock, at) => {
          const previous = locks[at - 1]
          return [validLine(lock, style), ...(previous === undefined ? [] : consentLines(previous, lock, style))]
        }),
      ]
    },
  }
}

function validLine({ lock_hash, epoch, signatures }: Lock, style: Style): string {
  return `Lock ${lock_hash}, epoch ${epoch}: ${style('green', `valid, signed by all ${signatures.length} members`)}.`
}

function showChange(change: Change): Report {
  refuseOn(checkChange(verifier, change))
  return {
    result: { kind: 'change', ...changeJson(change) },
    human: (style) => [
      ...describeChange(change, style),
      '',
      `Definition ${change.definition.definition_hash}: ${style('yellow', 'not locked yet')}. Every member of the next epoch signs it next.`,
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
