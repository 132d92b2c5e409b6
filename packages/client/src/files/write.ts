/** Files that are there whole or not at all, and that replace nothing unless told to. */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, copyFile, link, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ClientError } from '../errors.ts'
import { systemCode } from './read.ts'

/** For this user only, or for everybody to read: the process's umask narrows both. */
export type Privacy = 'private' | 'public'

const MODES: Record<Privacy, number> = { private: 0o600, public: 0o644 }

export interface NewFile {
  readonly path: string
  readonly content: string | Uint8Array
  readonly privacy: Privacy
}

export interface WriteOptions {
  /** Replace what stands there. */
  readonly force?: boolean
}

/** For a command with several outputs, before it does anything. @throws ClientError file-exists, naming all of them */
export async function refuseExisting(paths: readonly string[], { force = false }: WriteOptions): Promise<void> {
  if (force) return
  const checked = await Promise.all(paths.map(async (path) => ((await exists(path)) ? [path] : [])))
  const found = checked.flat()
  if (found.length > 0) throw fileExists(found)
}

export async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

/**
 * Writes all files, each at once and synced with its folder, which is made where it is missing.
 * @throws ClientError file-exists before anything is written; file-not-written
 */
export async function writeFiles(files: readonly NewFile[], options: WriteOptions = {}): Promise<void> {
  await refuseExisting(files.map(({ path }) => path), options)
  for (const file of files) await writeWhole(file, options.force ?? false)
}

/** @throws ClientError file-not-written */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw notWritten(path, error)
  }
}

async function writeWhole({ path, content, privacy }: NewFile, force: boolean): Promise<void> {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`)
  await makeFolder(folder)
  try {
    await writeSynced(temporary, content, MODES[privacy])
    if (force) await rename(temporary, path)
    else await place(temporary, path)
    await rm(temporary, { force: true })
    await syncFolder(folder)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw systemCode(error) === 'EEXIST' ? fileExists([path]) : notWritten(path, error)
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

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function fileExists(paths: readonly string[]): ClientError {
  const several = paths.length > 1
  return new ClientError(
    'file-exists',
    `${paths.join(' and ')} ${several ? 'exist and were' : 'exists and was'} left untouched`,
    'Choose another place, or give --force if you are sure that what is there is not needed.',
  )
}

function notWritten(path: string, error: unknown): ClientError {
  const message = `${path} could not be written (${systemCode(error)})`
  return new ClientError('file-not-written', message, 'Check that the folder is one, is writable and has free space.')
}
