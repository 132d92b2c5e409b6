/** nft and libfaketime: of the machine where it has them, else Debian's own packages for its release, fetched once without root. */
import { execFile } from 'node:child_process'
import { access, chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fetchFromDebian, probeDebian } from '../../../packages/bitcoind/src/binary/debian.ts'
import { withLock } from '../../../packages/bitcoind/src/binary/lock.ts'

const run = promisify(execFile)

/** nftables with what its program loads, and libfaketime, which needs nothing more. */
const PACKAGES = [
  'nftables', 'libnftables1', 'libnftnl11', 'libmnl0', 'libjansson4', 'libgmp10', 'libxtables12', 'libedit2', 'libbsd0', 'libmd0',
  'libtinfo6', 'libfaketime',
]
const TRIPLETS: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }
const FAKETIME = 'faketime/libfaketime.so.1'
/** Raised when what a fetch makes changes. */
const CACHE_FORMAT = 1

export interface Tools {
  /** The program. */
  readonly nft: string
  /** The library to load before all others. */
  readonly faketime: string
}

/** @throws Error with what is missing, BitcoindError from the fetch */
export async function findTools(): Promise<Tools> {
  const libraries = `usr/lib/${TRIPLETS[process.arch] ?? process.arch}`
  const installed = { nft: 'nft', faketime: join('/', libraries, FAKETIME) }
  if (await work(installed)) return installed
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'belfry')
  const release = await releaseName()
  const folder = join(cache, `netns-tools-${CACHE_FORMAT}-${release}-${process.arch}`)
  const fetched = { nft: join(folder, 'nft'), faketime: join(folder, libraries, FAKETIME) }
  if (await work(fetched)) return fetched
  await mkdir(cache, { recursive: true, mode: 0o700 })
  await withLock(`${folder}.lock`, { signal: undefined, onWait: () => {} }, async () => {
    if (!(await work(fetched))) await fetchInto(folder, release, libraries)
  })
  if (await work(fetched)) return fetched
  throw new Error('the fetched nft and libfaketime do not run')
}

async function work({ nft, faketime }: Tools): Promise<boolean> {
  try {
    await run(nft, ['--version'])
    await access(faketime)
    return true
  } catch {
    return false
  }
}

async function fetchInto(folder: string, release: string, libraries: string): Promise<void> {
  process.stderr.write('    nft or libfaketime is not installed; fetching Debian\'s packages (2 MB)\n')
  const workDir = await mkdtemp(`${folder}-fetch-`)
  try {
    const { mirrors } = await probeDebian()
    const targetDir = join(workDir, 'tools')
    await mkdir(targetDir)
    await fetchFromDebian({ workDir, targetDir, suites: [release], packages: PACKAGES, mirrors, onStep: () => {}, signal: undefined })
    const nft = join(targetDir, 'nft')
    const script = `#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\nLD_LIBRARY_PATH="$here/${libraries}" exec "$here/usr/sbin/nft" "$@"\n`
    await writeFile(nft, script)
    await chmod(nft, 0o755)
    await rm(folder, { recursive: true, force: true })
    await rename(targetDir, folder)
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
}

/** bookworm, trixie: what the machine's libraries are of. */
async function releaseName(): Promise<string> {
  const name = /^VERSION_CODENAME=(?<name>[a-z]+)$/m.exec(await readFile('/etc/os-release', 'utf8'))?.groups?.['name']
  if (name === undefined) throw new Error('nft and libfaketime are not installed, and this is no Debian to fetch them for')
  return name
}
