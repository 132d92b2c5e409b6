import { statfs } from 'node:fs/promises'
import { CodedError } from '@belfry/protocol/primitives'

export type StoreErrorCode =
  | 'store-locked' // another process has it open
  | 'store-full'
  | 'store-damaged' // what is there is not what was written
  | 'store-foreign' // something else's database
  | 'store-too-large'
  | 'store-unavailable' // any other failure of the file system
  | 'store-closed'

const REMEDY: Readonly<Record<StoreErrorCode, string>> = {
  'store-locked': 'Stop the other process that uses this data directory; two of one member must never run.',
  'store-full': 'Free some space on the disk of the data directory, then start again; nothing written is lost.',
  'store-damaged': 'Do not delete or repair anything; check the disk and restore the data directory from a backup.',
  'store-foreign': 'Check that the data directory is the right one.',
  'store-too-large': 'Report it with the size of the data directory; do not delete anything.',
  'store-unavailable': 'Check that the data directory exists, belongs to this user and is on a healthy disk.',
  'store-closed': 'Start the node again.',
}

export class StoreError extends CodedError<StoreErrorCode> {
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, REMEDY[code], options)
  }
}

/** Too little for level to open or go on: it writes at least a block each to its log and its manifest. */
const FULL_BELOW_BYTES = 64 * 1024

/**
 * What an error of level or of the file system means. Level gives one code for every I/O error and says the rest in words,
 * so whether the disk is full is asked of the disk.
 */
export async function storeErrorOf(cause: unknown, dir: string): Promise<StoreError> {
  if (cause instanceof StoreError) return cause
  const codes = [codeOf(cause), cause instanceof Error ? codeOf(cause.cause) : null]
  const is = (...known: readonly string[]): boolean => codes.some((code) => code !== null && known.includes(code))
  if (is('LEVEL_LOCKED')) return new StoreError('store-locked', 'another process has the store open', { cause })
  if (is('LEVEL_CORRUPTION')) return new StoreError('store-damaged', 'the store is damaged', { cause })
  if (is('ENOSPC', 'EDQUOT') || (await isFull(dir))) {
    return new StoreError('store-full', 'the disk of the data directory is full', { cause })
  }
  return new StoreError('store-unavailable', 'the store can not be read or written', { cause })
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}

async function isFull(dir: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(dir)
    return bavail * bsize < FULL_BELOW_BYTES
  } catch {
    return false
  }
}
