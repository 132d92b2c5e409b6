import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { systemCode } from '@belfry/keystore'
import { ClientError } from '../errors.ts'

/** The largest file that passes through here is an enrolment of 64 members, about 1 MB of hex. */
const MAX_READ_BYTES = 16 * 1024 * 1024

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
    throw unreadable(path, what, systemCode(error) === 'ENOENT' ? 'there is no such file' : systemCode(error))
  } finally {
    await file?.close()
  }
}

function unreadable(path: string, what: string, reason: string): ClientError {
  return new ClientError(
    'file-unreadable',
    `${path} cannot be read as ${what}: ${reason}`,
    'Check the path, and that this user may read the file.',
  )
}
