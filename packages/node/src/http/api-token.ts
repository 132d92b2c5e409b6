/** The token that the local command line reads to ask a running node: `<data>/api-token`, made at the first start. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, open, unlink } from 'node:fs/promises'
import { HttpError } from './errors.ts'

/** In the data directory. */
export const API_TOKEN_FILE = 'api-token'

const TOKEN_BYTES = 32
const TOKEN_CHARACTERS = 2 * TOKEN_BYTES
const OWNER_ONLY = 0o600
const OTHERS = 0o077

/** Holds the token's hash alone: the token itself is in the file. */
export class ApiToken {
  readonly #hash: Buffer

  private constructor(token: string) {
    this.#hash = hashOf(token)
  }

  /** @throws HttpError token-unusable */
  static async open(path: string): Promise<ApiToken> {
    try {
      return new ApiToken((await read(path)) ?? (await create(path)))
    } catch (error) {
      if (error instanceof HttpError) throw error
      throw unusable(`${path} cannot be read or made (${errorCode(error)})`, 'Check that its directory exists and belongs to the user who runs Belfry.')
    }
  }

  /** Of an `Authorization` header. Takes as long for a wrong token as for the right one. */
  admits(authorization: string | undefined): boolean {
    const [, token] = /^Bearer ([0-9a-f]{64})$/i.exec(authorization ?? '') ?? []
    return token !== undefined && timingSafeEqual(hashOf(token), this.#hash)
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token.toLowerCase()).digest()
}

/** null where there is no such file. */
async function read(path: string): Promise<string | null> {
  let file: FileHandle
  try {
    // Not through a symbolic link; without O_NONBLOCK a FIFO would wait for a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw unusable(`${path} is not a file`, 'Remove it; a new one is made at the next start.')
    if ((stats.mode & OTHERS) !== 0) {
      throw unusable(`${path} can be read by others`, 'Remove it, for it may be known to them; a new one is made at the next start.')
    }
    const buffer = Buffer.alloc(TOKEN_CHARACTERS + 2)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    const token = buffer.toString('latin1', 0, bytesRead).replace(/\r?\n$/, '')
    if (!/^[0-9a-f]{64}$/.test(token)) throw unusable(`${path} holds no token`, 'Remove it; a new one is made at the next start.')
    return token
  } finally {
    await file.close()
  }
}

/** Whole or not at all, and never over another. */
async function create(path: string): Promise<string> {
  const token = randomBytes(TOKEN_BYTES).toString('hex')
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  const file = await open(draft, 'wx', OWNER_ONLY)
  try {
    await file.writeFile(`${token}\n`)
    await file.close()
    await link(draft, path)
  } finally {
    await file.close()
    await unlink(draft)
  }
  return token
}

function unusable(message: string, remedy: string): HttpError {
  return new HttpError('token-unusable', message, remedy)
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
