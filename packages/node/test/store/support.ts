import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Disk, type LogEntry, logIndex } from '@belfry/runtime'

/** Directories that are gone when the tests of the calling suite are over. */
export function temporaryDirectories(): () => Promise<string> {
  const made: string[] = []
  after(() => Promise.all(made.map((dir) => rm(dir, { recursive: true, force: true }))))
  return async () => {
    const dir = await mkdtemp(join(tmpdir(), 'belfry-store-'))
    made.push(dir)
    return dir
  }
}

export function append(disk: Disk, entries: readonly LogEntry[]): Promise<Error | null> {
  return new Promise((resolve) => disk.append(entries, [], resolve))
}

export function snapshot(disk: Disk, index: number, bytes: Uint8Array): Promise<Error | null> {
  return new Promise((resolve) => disk.snapshot(logIndex(index), bytes, resolve))
}

/** An entry whose bytes follow from its index. */
export function entryAt(index: number, size = 40): LogEntry {
  return { index: logIndex(index), bytes: new Uint8Array(size).map((_, i) => index * 31 + i) }
}

export function entriesFrom(first: number, count: number): LogEntry[] {
  return Array.from({ length: count }, (_, i) => entryAt(first + i))
}
