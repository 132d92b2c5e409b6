import { KeystoreError } from '../errors.ts'
import { readGuarded } from '../files/read-guarded.ts'
import { SecretBytes } from '../memory/index.ts'

/** Far above any passphrase, far below a file given by mistake. */
const MAX_PASSPHRASE_BYTES = 4096

const OWNER_MAY_ALL = 0o077
/** Group may read but not write or execute; others nothing. */
const GROUP_MAY_READ = 0o037

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

export interface PassphraseFileOptions {
  /** For mounts that are readable by group (a Kubernetes secret under fsGroup is 0440). Never readable by others. */
  readonly allowGroupReadable?: boolean
}

/**
 * The passphrase in a file, without its one trailing line end, in locked memory.
 * @throws KeystoreError file-* as readGuarded says, passphrase-empty
 */
export async function readPassphraseFile(path: string, options: PassphraseFileOptions = {}): Promise<SecretBytes> {
  using scratch = SecretBytes.allocate(MAX_PASSPHRASE_BYTES + 1)
  // The view leaves use() because reading is asynchronous; `scratch` outlives it.
  const content = await readGuarded(path, scratch.use((view) => view), {
    what: 'passphrase file',
    forbiddenMode: options.allowGroupReadable ? GROUP_MAY_READ : OWNER_MAY_ALL,
    checkOwner: true,
  })
  const line = content.subarray(0, lengthWithoutLineEnd(content))
  if (line.length > 0) return SecretBytes.from(line)
  throw new KeystoreError('passphrase-empty', `the passphrase in ${path} is empty`, 'Write a passphrase into the file.')
}

function lengthWithoutLineEnd(text: Uint8Array): number {
  if (text.at(-1) !== LINE_FEED) return text.length
  return text.at(-2) === CARRIAGE_RETURN ? text.length - 2 : text.length - 1
}
