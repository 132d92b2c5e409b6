/** The token that the local command line reads to ask a running node: `<data>/api-token`, made at the first start. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { HttpError } from './errors.ts'

/** In the data directory. */
export const API_TOKEN_FILE = 'api-token'

const TOKEN_BYTES = 32
const TOKEN_CHARACTERS = 2 * TOKEN_BYTES
const OWNER_ONLY = 0o600
const OTHERS = 0o077

/** Why a token that was there is of no use. */
export type TokenFault = 'readable-by-others' | 'malformed'

/** Holds the token's hash alone: the token itself is in the file. */
export class ApiToken {
  readonly #hash: Buffer

  private constructor(token: string) {
    this.#hash = hashOf(token)
  }

  /**
   * The token in the file. One that others may know, or that is none, is replaced: a node must not stay down for a file
   * that it can make anew (Kubernetes widens the mode of a volume's files when it mounts them with fsGroup).
   * @throws HttpError token-unusable
   */
  static async open(path: string, onReplaced: (fault: TokenFault) => void): Promise<ApiToken> {
    try {
      const found = await read(path)
      if (found !== null && 'token' in found) return new ApiToken(found.token)
      const token = await create(path)
      if (found !== null) onReplaced(found.fault)
      return new ApiToken(token)
    } catch (error) {
      if (error instanceof HttpError) throw error
      throw new HttpError(
        'token-unusable',
        `${path} cannot be read or made (${errorCode(error)})`,
        'Check that its directory exists and belongs to the user who runs Belfry.',
      )
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
async function read(path: string): Promise<{ token: string } | { fault: TokenFault } | null> {
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
    if (!stats.isFile()) {
      throw new HttpError('token-unusable', `${path} is not a file`, 'Remove it; a token is made at the next start.')
    }
    if ((stats.mode & OTHERS) !== 0) return { fault: 'readable-by-others' }
    const buffer = Buffer.alloc(TOKEN_CHARACTERS + 2)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    const token = buffer.toString('latin1', 0, bytesRead).replace(/\r?\n$/, '')
    return /^[0-9a-f]{64}$/.test(token) ? { token } : { fault: 'malformed' }
  } finally {
    await file.close()
  }
}

/** Whole or not at all; nobody else could ever read it. */
async function create(path: string): Promise<string> {
  const token = randomBytes(TOKEN_BYTES).toString('hex')
  const draft = `${path}.new`
  await rm(draft, { force: true })
  const file = await open(draft, 'wx', OWNER_ONLY)
  try {
    await file.writeFile(`${token}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  return token
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
