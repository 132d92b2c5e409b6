/** Locks of several epochs, as an owner holds them. */
import { Federation, type Lock, parseLock, verifier } from '@belfry/client'
import { CliError } from '../errors.ts'
import { readParsed } from './read-parsed.ts'

/** The epoch in which a vault is guarded, and the one under which it is to be guarded next. */
export interface Passage {
  readonly from: Federation
  readonly to: Federation
}

/**
 * From the lock of an enrolment to the one given, each in between rightly following the one before: no stranger's lock
 * gets shares because it says that it is a next epoch.
 * @param earlier paths of the locks before the one given, oldest first; those before the enrolment's are left out
 * @throws FederationError; ClientError; CliError files-disagree
 */
export async function readPassage(lock: string, earlier: readonly string[], enrolled: string): Promise<Passage> {
  const locks = await Promise.all([...earlier, lock].map(readLock))
  const start = locks.findIndex(({ lock_hash }) => lock_hash === enrolled)
  if (start < 0) {
    throw new CliError(
      'files-disagree',
      `The enrolment was made for the lock ${enrolled}, which is none of ${[...earlier, lock].join(', ')}.`,
      'Give that lock with --earlier, and the locks of the epochs between it and --lock after it.',
    )
  }
  const epochs = Federation.fromLocks(verifier, locks.slice(start))
  const [from, to] = [epochs[0], epochs.at(-1)]
  if (from !== undefined && to !== undefined && from !== to) return { from, to }
  throw new CliError(
    'files-disagree',
    `The enrolment was made for ${lock} itself.`,
    'Leave --earlier out to renew the vault within its epoch.',
  )
}

/** Each verified in itself, oldest first. @throws FederationError, ClientError */
export async function readFederations(paths: readonly string[]): Promise<Federation[]> {
  const epochs = await Promise.all(
    paths.map((path) => readParsed(path, 'a lock', (text) => Federation.fromLock(verifier, parseLock(text)))),
  )
  return epochs.toSorted((a, b) => a.epoch - b.epoch)
}

async function readLock(path: string): Promise<Lock> {
  return await readParsed(path, 'a lock', parseLock)
}
