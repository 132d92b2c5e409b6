import { lstat, readlink, rename, rm, symlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { BitcoindError } from '../errors.ts'
import { errnoOf } from '../rpc/credentials.ts'

const POLL_INTERVAL_MS = 200
/** Longer than a fetch takes on a slow line. */
const STALE_AFTER_MS = 15 * 60_000
const MAX_WAIT_MS = STALE_AFTER_MS + 60_000

/**
 * Does the work while no other process does it under the same lock. The lock is a symbolic link whose target names its
 * holder, since making one is atomic together with its content. The lock of a process that is gone is taken over. Two
 * may, in a rare race over such a lock, both hold it: the work must be harmless then.
 * @throws BitcoindError fetch-failed when it is held for too long, or the signal's reason
 */
export async function withLock<T>(
  path: string,
  options: { readonly signal: AbortSignal | undefined; readonly onWait: () => void },
  work: () => Promise<T>,
): Promise<T> {
  await acquire(path, options)
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function acquire(
  path: string,
  { signal, onWait }: { readonly signal: AbortSignal | undefined; readonly onWait: () => void },
): Promise<void> {
  const end_ms = performance.now() + MAX_WAIT_MS
  let hasWaited = false
  while (!await tryAcquire(path)) {
    signal?.throwIfAborted()
    if (performance.now() > end_ms) {
      throw new BitcoindError('fetch-failed', 'another process is fetching bitcoind, for too long')
    }
    if (!hasWaited) onWait()
    hasWaited = true
    await sleep(POLL_INTERVAL_MS)
  }
}

async function tryAcquire(path: string): Promise<boolean> {
  try {
    await symlink(`${hostname()}:${process.pid}`, path)
    return true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
  if (await isStale(path)) await discard(path)
  return false
}

async function isStale(path: string): Promise<boolean> {
  try {
    const holder = await readlink(path)
    const { mtimeMs } = await lstat(path)
    if (Date.now() - mtimeMs > STALE_AFTER_MS) return true
    const [host, pid] = holder.split(':')
    return host === hostname() && !isAlive(Number(pid))
  } catch (error) {
    // Given back meanwhile.
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

async function discard(path: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  try {
    await rename(path, aside)
    await rm(aside, { force: true })
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errnoOf(error) === 'EPERM'
  }
}
