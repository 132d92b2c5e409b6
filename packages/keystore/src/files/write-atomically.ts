import { randomBytes } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { KeystoreError } from '../errors.ts'
import { systemCode } from './read-guarded.ts'

const OWNER_ONLY = 0o600

/**
 * Writes a file that is there whole or not at all, mode 0600, synced with its folder.
 * @param options.force replaces what stands at `path`; otherwise an existing file (or link) is left untouched
 * @throws KeystoreError file-exists, file-not-written
 */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array,
  options: { readonly force?: boolean } = {},
): Promise<void> {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`)
  try {
    await writeSynced(temporary, content)
    if (options.force) {
      await rename(temporary, path)
    } else {
      // link() refuses an existing name in the same step that makes it; rename() would replace it.
      await link(temporary, path)
    }
    await rm(temporary, { force: true })
    await syncFolder(folder)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw notWritten(path, error)
  }
}

async function writeSynced(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', OWNER_ONLY)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
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
    'Check that the folder exists, is writable, has free space, and is on a file system with hard links.',
  )
}
