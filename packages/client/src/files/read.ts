import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { systemCode } from '@belfry/keystore'
import { ClientError } from '../errors.ts'

/** The largest file that passes through here is an enrolment of 64 members, about 1 MB of hex. */
const MAX_READ_BYTES = 16 * 1024 * 1024

const PIECE_BYTES = 1024 * 1024

/**
 * A whole text file.
 * @param what the file's meaning, for the sentence: "an owner card"
 * @throws ClientError file-unreadable
 */
export async function readText(path: string, what: string): Promise<string> {
  const bytes = await readBytes(path, what)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw unreadable(path, what, 'it is no text')
  }
}

/**
 * A whole file; the size is bounded while it is read, so that a device or a growing file cannot fill the memory.
 * @throws ClientError file-unreadable
 */
export async function readBytes(path: string, what: string): Promise<Uint8Array> {
  let file: FileHandle | null = null
  try {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer before it could be refused.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = await file.stat()
    if (!stats.isFile()) throw unreadable(path, what, 'it is no regular file')
    if (stats.size > MAX_READ_BYTES) throw unreadable(path, what, `it is larger than ${MAX_READ_BYTES} bytes`)
    const buffer = Buffer.alloc(stats.size + 1)
    let length = 0
    for (let read = 1; read > 0 && length < buffer.length; length += read) {
      read = (await file.read(buffer, length, buffer.length - length, null)).bytesRead
    }
    if (length > stats.size) throw unreadable(path, what, 'it grows while it is read')
    return buffer.subarray(0, length)
  } catch (error) {
    if (error instanceof ClientError) throw error
    throw unreadableBy(error, path, what)
  } finally {
    await file?.close()
  }
}

/**
 * A file of any length, piece by piece, each of them the reader's own.
 * @throws ClientError file-unreadable; the signal's reason
 */
export async function* readPieces(path: string, what: string, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await orUnreadable(open(path, constants.O_RDONLY | constants.O_NONBLOCK), path, what)
  try {
    if (!(await orUnreadable(file.stat(), path, what)).isFile()) throw unreadable(path, what, 'it is no regular file')
    for (;;) {
      signal?.throwIfAborted()
      const piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
      const { bytesRead } = await orUnreadable(file.read(piece, 0, PIECE_BYTES, null), path, what)
      if (bytesRead === 0) return
      yield piece.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function orUnreadable<T>(reading: Promise<T>, path: string, what: string): Promise<T> {
  try {
    return await reading
  } catch (error) {
    throw unreadableBy(error, path, what)
  }
}

function unreadableBy(error: unknown, path: string, what: string): ClientError {
  return unreadable(path, what, systemCode(error) === 'ENOENT' ? 'there is no such file' : systemCode(error))
}

function unreadable(path: string, what: string, reason: string): ClientError {
  return new ClientError(
    'file-unreadable',
    `${path} cannot be read as ${what}: ${reason}`,
    'Check the path, and that this user may read the file.',
  )
}
