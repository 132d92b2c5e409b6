/** A disk of a few megabytes, so that it can be filled. */
import { execFile, execFileSync } from 'node:child_process'
import { cp, mkdtemp, open, readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Of a tmpfs: a store of a few vaults has two. */
const DISK_MEGABYTES = 16
const FILLER = 'filler'
const CHUNK_BYTES = 64 * 1024

export async function mountDisk(folder: string): Promise<void> {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MEGABYTES}m,mode=0700`, 'belfry-test', folder])
}

export async function unmountDisk(folder: string): Promise<void> {
  await run('umount', ['-l', folder])
}

/** Nothing of the process may use the folder. What is in it is kept. @returns takes the disk away again, with the process at the latest */
export async function moveToDisk(folder: string, cleanup: AsyncDisposableStack): Promise<void> {
  const aside = await mkdtemp(`${folder}-`)
  await cp(folder, aside, { recursive: true, preserveTimestamps: true })
  await mountDisk(folder)
  const atExit = (): void => void execFileSync('umount', ['-l', folder])
  process.once('exit', atExit)
  cleanup.defer(async () => {
    process.off('exit', atExit)
    await unmountDisk(folder)
  })
  await cp(aside, folder, { recursive: true, preserveTimestamps: true })
  await rm(aside, { recursive: true })
}

/** Until not a byte more can be written. */
export async function fill(folder: string): Promise<void> {
  const file = await open(join(folder, FILLER), 'a')
  try {
    for (let bytes = CHUNK_BYTES; bytes >= 1;) {
      try {
        await file.write(new Uint8Array(bytes))
      } catch {
        bytes = Math.floor(bytes / 2)
      }
    }
  } finally {
    await file.close()
  }
}

export async function makeRoom(folder: string): Promise<void> {
  await rm(join(folder, FILLER))
}

/** Where in a member's data directory its store is: the folder with level's own file CURRENT. */
export async function storeFolder(dataDir: string): Promise<string> {
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name === 'CURRENT') return entry.parentPath
  }
  throw new Error(`there is no store in ${dataDir}`)
}

/** Disks of test runs that ended without taking them away lie in folders that are gone with the machine's start; see wires.ts. */
export async function mountedBelow(prefix: string): Promise<string[]> {
  return (await readFile('/proc/mounts', 'utf8')).split('\n').flatMap((line) => {
    const [device, folder] = line.split(' ')
    return device === 'belfry-test' && folder?.startsWith(prefix) ? [folder] : []
  })
}

