import { constants, type Stats } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { KeystoreError } from '../errors.ts'

export interface GuardedRead {
  /** What the file is, for the sentence of an error: "passphrase file". */
  readonly what: string
  /** Permission bits that must all be clear. */
  readonly forbiddenMode: number
  /** Refuse a file that belongs to neither this user nor root. */
  readonly checkOwner: boolean
}

const READ_BITS = 0o444

/**
 * Reads a whole file into `target` after checking what was opened: the checks are made on the descriptor, so nothing
 * can be exchanged between check and read, and a symbolic link (as Kubernetes mounts use) is judged by its target.
 * @param target one byte longer than the longest file allowed
 * @returns the part of `target` that was filled
 * @throws KeystoreError file-missing, file-unreadable, file-not-regular, file-permissions, file-owner, file-empty,
 *   file-too-large
 */
export async function readGuarded(path: string, target: Uint8Array, rules: GuardedRead): Promise<Uint8Array> {
  const file = await openForReading(path, rules)
  try {
    check(path, await file.stat(), target.length - 1, rules)
    return await fill(file, target, path, rules)
  } finally {
    await file.close()
  }
}

async function openForReading(path: string, { what }: GuardedRead): Promise<FileHandle> {
  try {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer before it could be refused.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new KeystoreError('file-missing', `there is no ${what} at ${path}`, 'Check the path, or create the file.')
    }
    throw unreadable(path, what, code)
  }
}

function unreadable(path: string, what: string, code: string): KeystoreError {
  return new KeystoreError(
    'file-unreadable',
    `the ${what} ${path} cannot be read (${code})`,
    'Let the user that runs Belfry read it, and check the path and the disk.',
  )
}

function check(path: string, stats: Stats, maxBytes: number, rules: GuardedRead): void {
  const { what } = rules
  if (!stats.isFile()) {
    throw new KeystoreError('file-not-regular', `${path} is not a regular file`, `Give the path of the ${what} itself.`)
  }
  const user = process.geteuid?.()
  if (rules.checkOwner && user !== undefined && stats.uid !== user && stats.uid !== 0) {
    throw new KeystoreError(
      'file-owner',
      `the ${what} ${path} belongs to user ${stats.uid}, who could change it`,
      `Take it over: chown ${user} ${path}`,
    )
  }
  const excess = stats.mode & rules.forbiddenMode
  if (excess !== 0) {
    const verb = (excess & READ_BITS) === 0 ? 'used' : 'read'
    throw new KeystoreError(
      'file-permissions',
      `the ${what} ${path} (mode ${(stats.mode & 0o777).toString(8).padStart(4, '0')}) can be ${verb} by other users`,
      `Close it: chmod 600 ${path}`,
    )
  }
  if (stats.size > maxBytes) throw tooLarge(path, maxBytes, rules)
}

function tooLarge(path: string, maxBytes: number, { what }: GuardedRead): KeystoreError {
  return new KeystoreError(
    'file-too-large',
    `${path} is larger than the ${maxBytes} bytes of a ${what}`,
    'Check that this is the file that was meant.',
  )
}

// The stated size is not trusted: the file may grow under the reader.
async function fill(file: FileHandle, target: Uint8Array, path: string, rules: GuardedRead): Promise<Uint8Array> {
  let length = 0
  while (length < target.length) {
    const { bytesRead } = await file.read(target, length, target.length - length, null).catch((error: unknown) => {
      throw unreadable(path, rules.what, systemCode(error))
    })
    if (bytesRead === 0) break
    length += bytesRead
  }
  if (length === target.length) throw tooLarge(path, target.length - 1, rules)
  if (length === 0) {
    throw new KeystoreError('file-empty', `the ${rules.what} ${path} is empty`, 'Write its content, or restore it.')
  }
  return target.subarray(0, length)
}

/** The errno name of a failed system call. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
