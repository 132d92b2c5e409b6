import type { KdfCost } from './encrypted-file/index.ts'
import type { SecretBytes } from './memory/index.ts'

export interface KeyFile {
  readonly path: string
  /** Lent; stays the caller's to wipe. */
  readonly passphrase: SecretBytes
}

export interface NewKeyFile extends KeyFile {
  /** Replace an existing file, and lose its keys. */
  readonly force?: boolean
  readonly cost?: KdfCost
}

interface Writable {
  writeTo(file: NewKeyFile): Promise<void>
  wipe(): void
}

/**
 * Writes fresh keys to a new file; where that fails they are wiped, for nobody could use them again.
 * @throws KeystoreError file-exists, file-not-written
 */
export async function writtenTo<K extends Writable>(file: NewKeyFile, keys: K): Promise<K> {
  try {
    await keys.writeTo(file)
    return keys
  } catch (error) {
    keys.wipe()
    throw error
  }
}
