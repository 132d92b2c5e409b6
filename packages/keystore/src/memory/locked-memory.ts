import sodium from 'sodium-native'
import { KeystoreError } from '../errors.ts'

/** What mlock pins for one allocation: whole pages (of x86-64), with a 16-byte canary of libsodium's in front. */
const PAGE_BYTES = 4096
const CANARY_BYTES = 16

/**
 * 32 MiB is 8,192 small secrets. An incident with every rung due at 64 members needs fewer than 2,000 at once, so more
 * than this is a leak of ours, and better stopped here than by the operating system.
 */
const MAX_LOCKED_BYTES = 32 * 1024 * 1024

/**
 * Each allocation costs four mappings, and past vm.max_map_count (65,530) libsodium's failure aborts the process. Freed
 * blocks count until the event loop has turned, because only then are they unmapped.
 */
const MAX_BLOCKS = 8192

export interface LockedBlock {
  /** Its `buffer` holds these bytes and nothing else; detached (length 0) once released. */
  readonly view: Uint8Array<ArrayBuffer>
  /** Zeroes and unlocks at once. Safe to repeat. */
  release(): void
}

export interface LockedMemoryLimits {
  readonly maxBytes?: number
  readonly maxBlocks?: number
}

/** Guarded, zeroed, page-locked allocations that stay out of swap and core dumps, and the account of them. */
export class LockedMemory {
  readonly #maxBytes: number
  readonly #maxBlocks: number
  #lockedBytes = 0
  #blocks = 0
  #unmapping = 0

  constructor(limits: LockedMemoryLimits = {}) {
    this.#maxBytes = limits.maxBytes ?? MAX_LOCKED_BYTES
    this.#maxBlocks = limits.maxBlocks ?? MAX_BLOCKS
  }

  /** Bytes now pinned, counted in pages as the operating system counts them against RLIMIT_MEMLOCK. */
  get lockedBytes(): number {
    return this.#lockedBytes
  }

  /**
   * @param length in bytes, above 0
   * @throws KeystoreError locked-memory-limit, memory-not-lockable
   */
  allocate(length: number): LockedBlock {
    const pinned = Math.ceil((length + CANARY_BYTES) / PAGE_BYTES) * PAGE_BYTES
    if (this.#lockedBytes + pinned > this.#maxBytes || this.#blocks + this.#unmapping >= this.#maxBlocks) {
      throw new KeystoreError(
        'locked-memory-limit',
        `${this.#blocks} secrets already hold ${this.#lockedBytes} of ${this.#maxBytes} bytes of locked memory`,
        'Wipe secrets that are no longer needed; if the process was calm, report this as a bug.',
      )
    }
    const buffer = sodium.sodium_malloc(length)
    pin(buffer, pinned)
    sodium.sodium_memzero(buffer)
    this.#lockedBytes += pinned
    this.#blocks += 1
    const view = new Uint8Array(buffer.buffer)
    return { view, release: () => this.#release(buffer, pinned) }
  }

  #release(buffer: ReturnType<typeof sodium.sodium_malloc>, pinned: number): void {
    if (buffer.length === 0) return
    sodium.sodium_munlock(buffer)
    sodium.sodium_free(buffer)
    this.#lockedBytes -= pinned
    this.#blocks -= 1
    if (this.#unmapping++ === 0) setImmediate(() => { this.#unmapping = 0 })
  }
}

// sodium_malloc ignores a failing mlock and returns swappable memory, so the pages are locked again to learn whether
// they can be.
function pin(buffer: ReturnType<typeof sodium.sodium_malloc>, pinned: number): void {
  try {
    sodium.sodium_mlock(buffer)
  } catch {
    sodium.sodium_free(buffer)
    throw new KeystoreError(
      'memory-not-lockable',
      `the operating system refused to lock ${pinned} bytes of memory for a secret`,
      'Raise the limit on locked memory: LimitMEMLOCK=64M in the systemd unit, --ulimit memlock=67108864 for a '
        + 'container, or ulimit -l 65536 in the shell.',
    )
  }
}

/** RLIMIT_MEMLOCK belongs to the process, and so does the one account that the default allocations share. */
export const processMemory: LockedMemory = new LockedMemory()
