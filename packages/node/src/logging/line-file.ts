import { closeSync, openSync, writeSync } from 'node:fs'
import { LogError } from './errors.ts'

/** Kept while a file or pipe takes none: some thousand lines. What comes on top is lost, and counted. */
const MAX_KEPT_BYTES = 1024 * 1024
/** Readable by the owner only. */
const MODE = 0o600
const STANDARD_ERROR = 2

/**
 * Appends lines synchronously, and never throws while it does. Lines that are not taken now (a full disk, a full pipe
 * that does not block) go before the next one. pino's own destination stops for good once its buffer was full.
 */
export class LineFile {
  readonly #fd: number
  /** Oldest first; the first one may be half written. */
  readonly #kept: Buffer[] = []
  #keptBytes = 0
  #lost = 0
  #closed = false

  private constructor(fd: number) {
    this.#fd = fd
  }

  /** @throws LogError */
  static open(path: string): LineFile {
    try {
      return new LineFile(openSync(path, 'a', MODE))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
      throw new LogError(
        'log-unwritable',
        `the log file ${path} cannot be written (${code})`,
        'Check log.file: its folder must exist and let Belfry write.',
      )
    }
  }

  /** The descriptor stays open where it is the standard output or error. */
  static on(fd: number): LineFile {
    return new LineFile(fd)
  }

  /** Lines that were never written. */
  get lost(): number {
    return this.#lost
  }

  write(line: string): void {
    const bytes = Buffer.from(line)
    this.#writeKept()
    if (this.#closed || this.#keptBytes + bytes.length > MAX_KEPT_BYTES) {
      this.#lost++
      return
    }
    this.#kept.push(bytes)
    this.#keptBytes += bytes.length
    this.#writeKept()
  }

  close(): void {
    if (this.#closed) return
    this.#writeKept()
    this.#closed = true
    this.#lost += this.#kept.length
    this.#kept.length = 0
    if (this.#fd > STANDARD_ERROR) closeSync(this.#fd)
  }

  /** As far as it goes without waiting. */
  #writeKept(): void {
    try {
      for (let first = this.#kept[0]; first !== undefined; first = this.#kept[0]) {
        const written = writeSync(this.#fd, first)
        this.#keptBytes -= written
        if (written < first.length) this.#kept[0] = first.subarray(written)
        else this.#kept.shift()
      }
    } catch {
      // Tried again with the next line: there is nowhere else to say it.
    }
  }
}
