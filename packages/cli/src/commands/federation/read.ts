/** The files of a ceremony, told apart by what they say they are. */
import {
  type Change,
  type Consent,
  type Definition,
  type Lock,
  type LockSignature,
  formatOf,
  parseChange,
  parseConsent,
  parseDefinition,
  parseLock,
  parseLockSignature,
} from '@belfry/client'
import { readParsed } from '../../files/read-parsed.ts'

/** What members sign: a first definition, or a change. A file of neither kind is refused with what a definition should be. */
export async function readSignable(path: string): Promise<Change | Definition> {
  return await readParsed(path, 'a definition or change', (text) => (isChange(text) ? parseChange(text) : parseDefinition(text)))
}

export async function readChange(path: string): Promise<Change> {
  return await readParsed(path, 'a change', parseChange)
}

export async function readLocks(paths: readonly string[]): Promise<Lock[]> {
  return await Promise.all(paths.map((path) => readParsed(path, 'a lock', parseLock)))
}

export async function readSignatures(paths: readonly string[]): Promise<LockSignature[]> {
  return await Promise.all(paths.map((path) => readParsed(path, 'a signature', parseLockSignature)))
}

/** In any order. */
export async function readWords(
  paths: readonly string[],
): Promise<{ readonly signatures: readonly LockSignature[]; readonly consents: readonly Consent[] }> {
  const words = await Promise.all(
    paths.map((path) =>
      readParsed(path, 'a signature or consent', (text) =>
        formatOf(text) === 'belfry-consent' ? parseConsent(text) : parseLockSignature(text),
      ),
    ),
  )
  return {
    signatures: words.filter((one) => one.format === 'belfry-signature'),
    consents: words.filter((one) => one.format === 'belfry-consent'),
  }
}

/** A file of no such kind is refused with what a lock should be. */
export async function readShown(path: string): Promise<Lock | Change | Definition> {
  return await readParsed(path, 'a lock or definition', (text) => {
    if (isChange(text)) return parseChange(text)
    return formatOf(text) === 'belfry-federation-definition' ? parseDefinition(text) : parseLock(text)
  })
}

function isChange(text: string): boolean {
  return formatOf(text) === 'belfry-federation-change'
}
