/** Files that are there whole or not at all, and that replace nothing unless told to. */
import { access, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode, writeAtomically } from '@belfry/keystore'
import { ClientError } from '../errors.ts'

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

/** For a command with several outputs, before it does anything. @throws ClientError file-exists, naming the first of them */
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
 * @throws ClientError file-exists before anything is written; KeystoreError file-exists, file-not-written
 */
export async function writeFiles(files: readonly NewFile[], options: WriteOptions = {}): Promise<void> {
  await refuseExisting(files.map(({ path }) => path), options)
  for (const { path, content, privacy } of files) {
    await makeFolder(dirname(path))
    await writeAtomically(path, content, { ...options, mode: MODES[privacy] })
  }
}

/** For this user only, where it is missing. @throws ClientError file-not-written */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new ClientError(
      'file-not-written',
      `${path} could not be made (${systemCode(error)})`,
      'Check that nothing else stands there, and that what is above it is a folder, is writable and has free space.',
    )
  }
}

function fileExists(paths: readonly string[]): ClientError {
  const several = paths.length > 1
  return new ClientError(
    'file-exists',
    `${named(paths)} ${several ? 'exist and were' : 'exists and was'} left untouched`,
    'Choose another place, or give --force if you are sure that what is there is not needed.',
  )
}

/** Two by name: of hundreds of PSBTs nobody reads all. */
function named(paths: readonly string[]): string {
  const others = paths.length - 2
  if (others <= 0) return paths.join(' and ')
  return `${paths.slice(0, 2).join(', ')} and ${others === 1 ? 'one other file' : `${others} other files`}`
}
