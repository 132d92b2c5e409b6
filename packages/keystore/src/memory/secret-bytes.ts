import { inspect } from 'node:util'
import sodium from 'sodium-native'
import { KeystoreError } from '../errors.ts'
import { processMemory, type LockedBlock, type LockedMemory } from './locked-memory.ts'

/** The largest thing kept secret is a recovery set of some hundred kilobytes. */
export const MAX_SECRET_BYTES = 1024 * 1024

const PRINTED = '[secret]'
const NOTHING: LockedBlock = { view: new Uint8Array(0), release: () => {} }

// A secret dropped without wipe() is wiped when it is collected. A net, not a plan: collection may never come.
const forgotten = new FinalizationRegistry<LockedBlock>((block) => block.release())

/**
 * Bytes in locked memory: not swapped, not in core dumps, never printed, zeroed by `wipe()` or at the end of `using`.
 * The owner of a SecretBytes wipes it; a function that is lent one does not.
 */
export class SecretBytes {
  readonly length: number
  readonly #block: LockedBlock
  #wiped = false

  private constructor(block: LockedBlock) {
    this.length = block.view.length
    this.#block = block
    if (block !== NOTHING) forgotten.register(this, block, this)
  }

  /**
   * @param length in bytes, 0..MAX_SECRET_BYTES
   * @param fill writes the secret into the zeroed view; where it throws, nothing is kept
   * @throws KeystoreError secret-too-long, memory-not-lockable, locked-memory-limit
   */
  static allocate(
    length: number,
    fill: (view: Uint8Array<ArrayBuffer>) => void = () => {},
    memory: LockedMemory = processMemory,
  ): SecretBytes {
    if (!Number.isInteger(length) || length < 0 || length > MAX_SECRET_BYTES) {
      throw new KeystoreError(
        'secret-too-long',
        `a secret is 0 to ${MAX_SECRET_BYTES} bytes long, not ${length}`,
        'Check that the input is what it is meant to be.',
      )
    }
    const block = length === 0 ? NOTHING : memory.allocate(length)
    try {
      fill(block.view)
    } catch (error) {
      block.release()
      throw error
    }
    return new SecretBytes(block)
  }

  /** Copies bytes into locked memory; `wipeSource` zeroes the original. */
  static from(bytes: Uint8Array, options: { readonly wipeSource?: boolean } = {}): SecretBytes {
    try {
      return SecretBytes.allocate(bytes.length, (view) => view.set(bytes))
    } finally {
      if (options.wipeSource) bytes.fill(0)
    }
  }

  /** From the system's CSPRNG straight into locked memory. */
  static random(length: number): SecretBytes {
    return SecretBytes.allocate(length, (view) => {
      if (length > 0) sodium.randombytes_buf(view)
    })
  }

  /**
   * Lends the bytes until `borrow` returns, or until the promise that it returns settles; do not wipe before that. A
   * view kept longer is detached by wipe(): it turns empty, never stale. Its `buffer` holds this secret and nothing else.
   * @throws KeystoreError secret-wiped
   */
  use<T>(borrow: (view: Uint8Array<ArrayBuffer>) => T): T {
    if (this.#wiped) {
      throw new KeystoreError('secret-wiped', 'this secret was wiped and cannot be used', 'Unlock or rebuild it again.')
    }
    const result = borrow(this.#block.view)
    // Keeps a secret that nobody else holds from being collected, and so wiped, under an asynchronous borrower.
    if (result instanceof Promise) result.then(() => this, () => this)
    return result
  }

  copy(): SecretBytes {
    return this.use((view) => SecretBytes.from(view))
  }

  /** Constant time for equal lengths. */
  equals(other: SecretBytes): boolean {
    if (this.length !== other.length) return false
    return this.length === 0 || this.use((mine) => other.use((theirs) => sodium.sodium_memcmp(mine, theirs)))
  }

  get wiped(): boolean {
    return this.#wiped
  }

  /** Zeroes and unlocks at once. Safe to repeat. */
  wipe(): void {
    if (this.#wiped) return
    this.#wiped = true
    forgotten.unregister(this)
    this.#block.release()
  }

  [Symbol.dispose](): void {
    this.wipe()
  }

  toString(): string {
    return PRINTED
  }

  toJSON(): string {
    return PRINTED
  }

  [inspect.custom](): string {
    return PRINTED
  }
}
