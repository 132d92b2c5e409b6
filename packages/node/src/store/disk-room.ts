/**
 * How much room the disk of the data directory has left. Told while there is some: on a full disk a node can do nothing but end, and
 * perhaps not even write into its log why.
 */
import { statfs } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../logging/index.ts'

/** Hundreds of snapshots of the usual size: time enough to be told, and to make room. */
const LOW_BYTES = 512 * 1024 * 1024
/** Enough again only with so much more than too little: snapshots come and go, and at the threshold each would be told of. */
const ENOUGH_PER_LOW = 1.25
const LOOK_EVERY_MS = 60_000

export interface DiskRoomOptions {
  readonly dir: string
  readonly low_bytes?: number
}

interface DiskRoomModules {
  readonly logger: Pick<Logger, 'info' | 'warn'>
  /** What this user may still write below a directory; null where the file system does not say. */
  readonly freeBytes?: (dir: string) => Promise<number | null>
}

export class DiskRoom {
  readonly #dir: string
  readonly #low_bytes: number
  readonly #logger: Pick<Logger, 'info' | 'warn'>
  readonly #freeBytes: (dir: string) => Promise<number | null>
  #free_bytes: number | null = null
  #isLow = false

  constructor({ dir, low_bytes = LOW_BYTES }: DiskRoomOptions, { logger, freeBytes = freeBytesBelow }: DiskRoomModules) {
    this.#dir = dir
    this.#low_bytes = low_bytes
    this.#logger = logger
    this.#freeBytes = freeBytes
  }

  /** For this user, at the last look; null where the file system does not say. */
  get free_bytes(): number | null {
    return this.#free_bytes
  }

  /** Tells when it has become too little, and when it is enough again. Never rejects. */
  async look(): Promise<void> {
    const free_bytes = await this.#freeBytes(this.#dir)
    this.#free_bytes = free_bytes
    if (free_bytes === null) return
    const isLow = free_bytes < (this.#isLow ? this.#low_bytes * ENOUGH_PER_LOW : this.#low_bytes)
    if (isLow && !this.#isLow) {
      const remedy = 'Free some space on the disk of the data directory: a node whose disk is full ends, and guards nothing until it is started again.'
      this.#logger.warn('disk-nearly-full', { free_bytes, low_bytes: this.#low_bytes, remedy })
    }
    if (!isLow && this.#isLow) this.#logger.info('disk-has-room', { free_bytes })
    this.#isLow = isLow
  }

  /** Until the signal. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look()
      await sleep(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }
}

function freeBytesBelow(dir: string): Promise<number | null> {
  return statfs(dir).then(({ bavail, bsize }) => bavail * bsize, () => null)
}
