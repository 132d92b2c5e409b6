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
