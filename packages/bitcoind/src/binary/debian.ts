import { execFile } from 'node:child_process'
import { access, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BitcoindError, printable } from '../errors.ts'
import { errnoOf } from '../rpc/credentials.ts'

/**
 * Packages of Debian, unpacked into a directory: no root, and nothing of the machine changes. apt checks every file against
 * the archive's signature.
 */

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** The index of trixie has 10 MB, the packages 18 MB. */
const APT_LIMIT_MS = 10 * 60_000
const QUICK_LIMIT_MS = 60_000
const MAX_OUTPUT_BYTES = 16 << 20
/** A machine has one mirror, seldom two. */
const MAX_MIRRORS = 4
const MAX_APT_WORDS = 300

export type FetchStep = 'wait' | 'update' | 'download' | 'unpack'

export interface DebianFetch {
  /** An empty directory to work in; everything in it belongs to the fetch. */
  readonly workDir: string
  /** Gets what is in the packages. */
  readonly targetDir: string
  /** Where the packages are: trixie, trixie-backports. */
  readonly suites: readonly string[]
  readonly packages: readonly string[]
  readonly mirrors: readonly string[]
  readonly onStep: (step: FetchStep) => void
  readonly signal: AbortSignal | undefined
}

/**
 * Whether this machine can fetch packages.
 * @returns its architecture and mirrors
 * @throws BitcoindError no-program with what is missing
 */
export async function probeDebian(): Promise<{ architecture: string; mirrors: string[] }> {
  const architecture = (await runHere('dpkg', ['--print-architecture'])).trim()
  try {
    await access(KEYRING)
  } catch {
    throw new BitcoindError('no-program', 'bitcoind is not installed, and Debian\'s keys to check one are missing', {
      remedy: 'Install bitcoind 28 or later on PATH, or the package debian-archive-keyring.',
    })
  }
  const mirrors = await findMirrors()
  if (mirrors.length === 0) {
    throw new BitcoindError('no-program', 'bitcoind is not installed, and apt here knows no mirror to fetch it from')
  }
  return { architecture, mirrors }
}

/** @throws BitcoindError fetch-failed, or the signal's reason */
export async function fetchFromDebian(fetch: DebianFetch): Promise<void> {
  let failure: unknown
  for (const [i, mirror] of fetch.mirrors.slice(0, MAX_MIRRORS).entries()) {
    try {
      const packages = await download(fetch, mirror, join(fetch.workDir, `mirror-${i}`))
      fetch.onStep('unpack')
      await unpack(fetch, packages)
      return
    } catch (error) {
      fetch.signal?.throwIfAborted()
      failure = error
    }
  }
  throw failure
}

/**
 * The mirrors in apt's configuration. Reads no index, so that it works before any `apt-get update`, and for any user.
 */
async function findMirrors(): Promise<string[]> {
  const format = '$(COMPONENT) $(REPO_URI)'
  const targets = await runHere('apt-get', ['indextargets', '--no-release-info', '--format', format])
  const uris = targets.split('\n').flatMap((line) => {
    const [component, uri] = line.split(' ')
    return component === 'main' && uri !== undefined ? [uri] : []
  })
  // Security updates live in an archive of their own; a disc cannot hold backports.
  return [...new Set(uris)].filter((uri) => !uri.includes('security') && !uri.startsWith('cdrom:'))
}

/** @returns the paths of the packages */
async function download(fetch: DebianFetch, mirror: string, aptDir: string): Promise<string[]> {
  const options = await configureApt(fetch.suites, mirror, aptDir)
  const packagesDir = join(aptDir, 'packages')
  await mkdir(packagesDir)
  const apt = (...args: string[]): Promise<string> =>
    run('apt-get', [...options, ...args], { cwd: packagesDir, limit_ms: APT_LIMIT_MS, signal: fetch.signal })
  fetch.onStep('update')
  await apt('update')
  fetch.onStep('download')
  await apt('download', ...fetch.packages)
  const files = (await readdir(packagesDir)).filter((file) => file.endsWith('.deb'))
  return files.map((file) => join(packagesDir, file))
}

/**
 * A configuration of our own beside the machine's, from which only how to reach the network stays (proxies,
 * certificates).
 * @returns options for apt-get
 */
async function configureApt(suites: readonly string[], mirror: string, aptDir: string): Promise<string[]> {
  const directories = ['lists/partial', 'cache/archives/partial', 'none']
  for (const directory of directories) await mkdir(join(aptDir, directory), { recursive: true, mode: 0o700 })
  const sources = suites.map((suite) => `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`).join('')
  await writeFile(join(aptDir, 'sources.list'), sources, { mode: 0o600 })
  // dpkg's list of what is installed: nothing, here.
  await writeFile(join(aptDir, 'status'), '')
  const settings = {
    'Dir::Etc::sourcelist': join(aptDir, 'sources.list'),
    'Dir::Etc::sourceparts': join(aptDir, 'none'),
    'Dir::Etc::preferences': join(aptDir, 'none', 'preferences'),
    'Dir::Etc::preferencesparts': join(aptDir, 'none'),
    'Dir::State': aptDir,
    'Dir::State::lists': join(aptDir, 'lists'),
    'Dir::State::status': join(aptDir, 'status'),
    'Dir::Cache': join(aptDir, 'cache'),
    'Acquire::Languages': 'none',
    'APT::Update::Error-Mode': 'any',
    // As root, apt would fetch as its own user, who cannot write here.
    'APT::Sandbox::User': 'root',
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

async function unpack(fetch: DebianFetch, packages: readonly string[]): Promise<void> {
  for (const file of packages) {
    const options = { cwd: fetch.workDir, limit_ms: QUICK_LIMIT_MS, signal: fetch.signal }
    await run('dpkg', ['-x', file, fetch.targetDir], options)
  }
}

const execFileAsync = promisify(execFile)

/** For what every Debian has. @throws BitcoindError no-program where it is missing */
async function runHere(program: string, args: readonly string[]): Promise<string> {
  try {
    return await run(program, args, { cwd: '/', limit_ms: QUICK_LIMIT_MS, signal: undefined })
  } catch (error) {
    throw new BitcoindError('no-program', 'bitcoind is not installed, and it can be fetched on Debian and alike only', {
      cause: error,
    })
  }
}

interface RunOptions {
  readonly cwd: string
  readonly limit_ms: number
  readonly signal: AbortSignal | undefined
}

async function run(program: string, args: readonly string[], { cwd, limit_ms, signal }: RunOptions): Promise<string> {
  try {
    const environment = { ...process.env, LC_ALL: 'C' }
    const options = { cwd, timeout: limit_ms, maxBuffer: MAX_OUTPUT_BYTES, env: environment, signal }
    const { stdout } = await execFileAsync(program, args, options)
    return stdout
  } catch (error) {
    signal?.throwIfAborted()
    throw new BitcoindError('fetch-failed', `${program} failed: ${lastWords(error)}`)
  }
}

/** The last error line. A mirror's address may hold a password. */
function lastWords(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : ''
  const said = stderr.split('\n').findLast((line) => line.startsWith('E:') || line.startsWith('dpkg')) ?? errnoOf(error)
  return printable((said ?? 'no reason given').replaceAll(/\/\/[^/@\s]*@/g, '//'), MAX_APT_WORDS)
}
