import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { BitcoindError } from '../errors.ts'
import { errnoOf } from '../rpc/credentials.ts'
import { fetchFromDebian, type FetchStep, probeDebian } from './debian.ts'
import { KNOTS_PACKAGES, KNOTS_SUITES, requireArchitecture, writeWrappers } from './knots.ts'
import { withLock } from './lock.ts'
import { type BitcoindBinary, findOnPath, inspect, MIN_MAJOR_VERSION } from './program.ts'

export interface FindOptions {
  /** Where a fetched bitcoind is kept. Default $XDG_CACHE_HOME/belfry, else ~/.cache/belfry. */
  readonly cacheDir?: string
  /** Called when something takes long, with a sentence for people. */
  readonly onProgress?: (progress: FetchProgress) => void
  readonly signal?: AbortSignal
  /** Directories to look in first. Default the environment's PATH. */
  readonly searchPath?: string
}

export interface FetchProgress {
  readonly step: FetchStep
  readonly message: string
}

/** Raised when what a fetch makes changes, so that an older one in the cache is not used. */
const CACHE_FORMAT = 1
/** What a fetch left that was killed. */
const LEFTOVER_AFTER_MS = 60 * 60_000

const MESSAGES: Readonly<Record<FetchStep, string>> = {
  wait: 'another process is fetching bitcoind; waiting for it',
  update: 'bitcoind is not installed; reading Debian\'s package lists',
  download: 'downloading Debian\'s package bitcoin-knots and its libraries (18 MB)',
  unpack: 'unpacking bitcoind',
}

/**
 * A bitcoind to run here: the one on PATH when it is 28 or later, else Debian's own package, fetched once into a cache
 * without root. What lies in the cache is not updated: it is meant for regtest. Several processes may ask at once: one
 * fetches.
 * @throws BitcoindError no-program, fetch-failed, aborted
 */
export async function findBitcoind(options: FindOptions = {}): Promise<BitcoindBinary> {
  const installed = await findInstalled(options.searchPath ?? process.env['PATH'] ?? '')
  if (installed !== null && installed.majorVersion >= MIN_MAJOR_VERSION) return installed
  const cacheDir = options.cacheDir ?? defaultCacheDir()
  const finalDir = join(cacheDir, `bitcoind-${CACHE_FORMAT}-${process.arch}`)
  try {
    return await findCached(finalDir) ?? await fetchInto(cacheDir, finalDir, options)
  } catch (error) {
    throw explain(error, installed, options.signal)
  }
}

/** As the XDG base directory specification says: a relative path does not count. */
function defaultCacheDir(): string {
  const xdgCacheHome = process.env['XDG_CACHE_HOME'] ?? ''
  return join(isAbsolute(xdgCacheHome) ? xdgCacheHome : join(homedir(), '.cache'), 'belfry')
}

async function findInstalled(searchPath: string): Promise<BitcoindBinary | null> {
  const path = await findOnPath('bitcoind', searchPath)
  return path === null ? null : inspect(path, 'path')
}

function findCached(finalDir: string): Promise<BitcoindBinary | null> {
  return inspect(join(finalDir, 'bitcoind'), 'cache')
}

async function fetchInto(cacheDir: string, finalDir: string, options: FindOptions): Promise<BitcoindBinary> {
  const { signal } = options
  const onStep = (step: FetchStep): void => options.onProgress?.({ step, message: MESSAGES[step] })
  const { architecture, mirrors } = await probeDebian()
  const supported = requireArchitecture(architecture)
  await mkdir(cacheDir, { recursive: true, mode: 0o700 })
  return withLock(`${finalDir}.lock`, { signal, onWait: () => onStep('wait') }, async () => {
    const fetchedByAnother = await findCached(finalDir)
    if (fetchedByAnother !== null) return fetchedByAnother
    await removeLeftovers(cacheDir)
    const workDir = await mkdtemp(join(cacheDir, '.fetch-'))
    try {
      const targetDir = join(workDir, 'bitcoind')
      await mkdir(targetDir)
      await fetchFromDebian({ workDir, targetDir, suites: KNOTS_SUITES, packages: KNOTS_PACKAGES, mirrors, onStep, signal })
      await writeWrappers(targetDir, supported)
      if (await findCached(targetDir) === null) {
        throw new BitcoindError('fetch-failed', 'the fetched bitcoind does not run')
      }
      await publish(targetDir, finalDir)
    } finally {
      await rm(workDir, { recursive: true, force: true })
    }
    const fetched = await findCached(finalDir)
    if (fetched === null) throw new BitcoindError('fetch-failed', 'the fetched bitcoind is gone again')
    return fetched
  })
}

function explain(error: unknown, installed: BitcoindBinary | null, signal: AbortSignal | undefined): BitcoindError {
  if (signal?.aborted) return new BitcoindError('aborted', 'fetching bitcoind was given up', { cause: error })
  if (!(error instanceof BitcoindError)) {
    const reason = errnoOf(error) ?? 'unknown cause'
    return new BitcoindError('fetch-failed', `bitcoind cannot be kept in the cache (${reason})`, { cause: error })
  }
  if (installed === null || error.code !== 'no-program') return error
  const message = `bitcoind on PATH is ${installed.version}, older than ${MIN_MAJOR_VERSION}, and none can be fetched`
  return new BitcoindError('no-program', message, { cause: error, remedy: error.remedy })
}

/** In one step, so that nobody ever sees half of it. */
async function publish(targetDir: string, finalDir: string): Promise<void> {
  // What does not run is in the way.
  if (await findCached(finalDir) === null) await rm(finalDir, { recursive: true, force: true })
  try {
    await rename(targetDir, finalDir)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno !== 'ENOTEMPTY' && errno !== 'EEXIST') throw error
  }
}

async function removeLeftovers(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    const path = join(cacheDir, name)
    if (name.startsWith('.fetch-') && Date.now() - (await stat(path)).mtimeMs > LEFTOVER_AFTER_MS) {
      await rm(path, { recursive: true, force: true })
    }
  }
}
