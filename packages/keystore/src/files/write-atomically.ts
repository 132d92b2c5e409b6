import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, link, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { KeystoreError } from '../errors.ts'
import { systemCode } from './read-guarded.ts'

const OWNER_ONLY = 0o600

export interface AtomicWrite {
  /** Replaces what stands at the path; otherwise an existing file (or link) is left untouched. */
  readonly force?: boolean
  /** Permissions, which the umask narrows. Default 0600. */
  readonly mode?: number
}

/**
 * Writes a file that is there whole or not at all, synced with its folder.
 * @throws KeystoreError file-exists, file-not-written
 */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array,
  { force = false, mode = OWNER_ONLY }: AtomicWrite = {},
): Promise<void> {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`)
  try {
    await writeSynced(temporary, content, mode)
    if (force) await rename(temporary, path)
    else await place(temporary, path)
    await rm(temporary, { force: true })
    await sync(folder)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw notWritten(path, error)
  }
}

/** link() refuses an existing name in the same step that makes it; rename() would replace it. */
async function place(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path)
  } catch (error) {
    // A memory stick's file system has no links; there the file is not atomic, but still replaces nothing.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error))) throw error
    await copyFile(temporary, path, constants.COPYFILE_EXCL)
    await sync(path)
  }
}

async function writeSynced(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A file or a folder. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function notWritten(path: string, error: unknown): KeystoreError {
  const code = systemCode(error)
  if (code === 'EEXIST') {
    return new KeystoreError(
      'file-exists',
      `${path} exists and was left untouched`,
      'Choose another path, or give --force if you are sure that the old file is not needed.',
    )
  }
  return new KeystoreError(
    'file-not-written',
    `${path} could not be written (${code})`,
    'Check that the folder exists, is writable and has free space.',
  )
}
