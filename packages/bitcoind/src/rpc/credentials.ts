import { open } from 'node:fs/promises'
import { BitcoindError } from '../errors.ts'

/** By the cookie file that bitcoind writes at each start, or by `rpcauth`. */
export type RpcCredentials =
  | { readonly cookieFile: string }
  | { readonly auth: { readonly user: string; readonly password: string } }

/** A cookie is `__cookie__:` and 64 hex digits. */
const MAX_COOKIE_BYTES = 1024

export interface Authorization {
  /** The value of the HTTP header. Read from the file on first use. */
  header(): Promise<string>
  /**
   * Forgets what `refused` held, because bitcoind refused it.
   * @returns whether asking again can give something else
   */
  renew(refused: string): boolean
}

export function createAuthorization(credentials: RpcCredentials): Authorization {
  if ('auth' in credentials) {
    const fixed = basic(`${credentials.auth.user}:${credentials.auth.password}`)
    return { header: () => Promise.resolve(fixed), renew: () => false }
  }
  const { cookieFile } = credentials
  let known: string | null = null
  // One at a time: on a file system that hangs, each would hold one of the few threads that the store writes by.
  let reading: Promise<string> | null = null
  return {
    async header() {
      if (known !== null) return known
      reading ??= readCookie(cookieFile).finally(() => {
        reading = null
      })
      known = basic(await reading)
      return known
    },
    renew(refused) {
      // Another call may have read the new cookie meanwhile.
      if (known === refused) known = null
      return true
    },
  }
}

function basic(userAndPassword: string): string {
  return `Basic ${Buffer.from(userAndPassword).toString('base64')}`
}

/** @throws BitcoindError unreachable where there is none (bitcoind removes it when it stops), cookie-unreadable */
async function readCookie(path: string): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_COOKIE_BYTES))
      return buffer.toString('utf8', 0, bytesRead).trim()
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') {
      throw new BitcoindError('unreachable', 'there is no cookie file: bitcoind is not running, or it is elsewhere')
    }
    throw new BitcoindError('cookie-unreadable', `the cookie file cannot be read (${errnoOf(cause) ?? 'unknown'})`)
  }
}

/** The system's error code (`ENOENT`, `ECONNRESET`, …) where there is one. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
