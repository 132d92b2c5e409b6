import { execFile } from 'node:child_process'
import { access, chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BitcoindError, printable } from '../errors.ts'
import { errnoOf } from '../rpc/credentials.ts'

/**
 * Debian's own package bitcoin-knots, with the libraries it was built against, unpacked into a directory: no root,
 * nothing of the machine changes, and it runs where Debian's release is older. apt checks every file against the
 * archive's signature.
 */

/** Where the package is, and where its libraries are. */
const SUITES = ['trixie', 'trixie-backports']
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const PACKAGES = [
  'bitcoin-knots', 'libc6', 'libstdc++6', 'libgcc-s1', 'libevent-core-2.1-7t64', 'libevent-extra-2.1-7t64',
  'libevent-pthreads-2.1-7t64', 'libzmq5', 'libsqlite3-0', 'libbsd0', 'libmd0', 'libsodium23', 'libpgm-5.3-0t64',
  'libnorm1t64', 'libgssapi-krb5-2', 'libkrb5-3', 'libk5crypto3', 'libcom-err2', 'libkrb5support0', 'libkeyutils1',
  'libssl3t64',
]

interface Architecture {
  /** The directory of its libraries. */
  readonly triplet: string
  /** The program loader of its C library. */
  readonly loader: string
}

/** By Debian's names. */
const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  amd64: { triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' },
  arm64: { triplet: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' },
}

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
  /** Gets the programs. */
  readonly targetDir: string
  readonly architecture: string
  readonly mirrors: readonly string[]
  readonly onStep: (step: FetchStep) => void
  readonly signal: AbortSignal | undefined
}

/**
 * Whether this machine can fetch the package.
 * @returns its architecture and mirrors
 * @throws BitcoindError no-program with what is missing
 */
export async function probeDebian(): Promise<{ architecture: string; mirrors: string[] }> {
  const architecture = (await runHere('dpkg', ['--print-architecture'])).trim()
  if (ARCHITECTURES[architecture] === undefined) {
    throw new BitcoindError('no-program', `there is no bitcoind to fetch for ${printable(architecture, 20)}`)
  }
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
  const options = await configureApt(mirror, aptDir)
  const packagesDir = join(aptDir, 'packages')
  await mkdir(packagesDir)
  const apt = (...args: string[]): Promise<string> =>
    run('apt-get', [...options, ...args], { cwd: packagesDir, limit_ms: APT_LIMIT_MS, signal: fetch.signal })
  fetch.onStep('update')
  await apt('update')
  fetch.onStep('download')
  await apt('download', ...PACKAGES)
  const files = (await readdir(packagesDir)).filter((file) => file.endsWith('.deb'))
  return files.map((file) => join(packagesDir, file))
}

/**
 * A configuration of our own beside the machine's, from which only how to reach the network stays (proxies,
 * certificates).
 * @returns options for apt-get
 */
async function configureApt(mirror: string, aptDir: string): Promise<string[]> {
  const directories = ['lists/partial', 'cache/archives/partial', 'none']
  for (const directory of directories) await mkdir(join(aptDir, directory), { recursive: true, mode: 0o700 })
  const sources = SUITES.map((suite) => `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`).join('')
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
  const architecture = ARCHITECTURES[fetch.architecture]
  if (architecture === undefined) throw new BitcoindError('fetch-failed', 'unknown architecture')
  for (const file of packages) {
    const options = { cwd: fetch.workDir, limit_ms: QUICK_LIMIT_MS, signal: fetch.signal }
    await run('dpkg', ['-x', file, fetch.targetDir], options)
  }
  for (const program of ['bitcoind', 'bitcoin-cli']) {
    const wrapper = join(fetch.targetDir, program)
    await writeFile(wrapper, wrapperOf(program, architecture))
    await chmod(wrapper, 0o755)
  }
}

/** Starts the program by the loader of its own C library. `exec`: one process, so that a signal reaches the program. */
function wrapperOf(program: string, { triplet, loader }: Architecture): string {
  return [
    '#!/bin/sh',
    'here=$(dirname "$(readlink -f "$0")")',
    `lib="$here/usr/lib/${triplet}"`,
    `exec "$lib/${loader}" --library-path "$lib" "$here/usr/bin/${program}" "$@"`,
    '',
  ].join('\n')
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
