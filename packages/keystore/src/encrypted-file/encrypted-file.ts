import { argon2, randomBytes } from 'node:crypto'
import sodium from 'sodium-native'
import { KeystoreError } from '../errors.ts'
import { readGuarded } from '../files/read-guarded.ts'
import { writeAtomically } from '../files/write-atomically.ts'
import { SecretBytes } from '../memory/index.ts'
import { checkCost, DEFAULT_COST, type KdfCost } from './cost.ts'
import {
  decodeEncryptedFile, encodeEncryptedFile, headerBytes, MAX_FILE_BYTES, NONCE_BYTES, parseKind, SALT_BYTES, TAG_BYTES,
  type EncryptedFile, type EncryptedFileHeader,
} from './format.ts'

const KEY_BYTES = 32

/**
 * Others may neither read nor write. The group may: the content is encrypted and authenticated, and Kubernetes makes
 * the files of a volume group-accessible under fsGroup.
 */
const OTHERS_NOTHING = 0o007

export interface EncryptedFileWrite {
  readonly path: string
  readonly kind: string
  readonly passphrase: SecretBytes
  readonly plaintext: SecretBytes
  /** Replace an existing file. */
  readonly force?: boolean
  readonly cost?: KdfCost
}

export interface EncryptedFileRead {
  readonly path: string
  /** The kind that the caller expects; another kind is refused before the passphrase is tried. */
  readonly kind: string
  readonly passphrase: SecretBytes
}

/**
 * Encrypts under a passphrase and writes atomically, mode 0600.
 * @throws KeystoreError file-exists, file-not-written, encrypted-file-cost, encrypted-file-malformed (kind),
 *   passphrase-empty, key-derivation-failed
 */
export async function writeEncryptedFile(write: EncryptedFileWrite): Promise<void> {
  const { path, kind, passphrase, plaintext, force = false, cost = DEFAULT_COST } = write
  checkCost(cost)
  const header: EncryptedFileHeader = {
    kind: parseKind(kind),
    cost,
    salt: randomBytes(SALT_BYTES),
    nonce: randomBytes(NONCE_BYTES),
  }
  using key = await deriveKey(passphrase, header)
  await writeAtomically(path, encodeEncryptedFile(encrypt(key, header, plaintext)), { force })
}

/**
 * Reads and decrypts into locked memory.
 * @throws KeystoreError file-*, encrypted-file-*, wrong-passphrase-or-damaged
 */
export async function readEncryptedFile({ path, kind, passphrase }: EncryptedFileRead): Promise<SecretBytes> {
  const text = await readGuarded(path, Buffer.allocUnsafe(MAX_FILE_BYTES + 1), {
    what: 'encrypted file',
    forbiddenMode: OTHERS_NOTHING,
    checkOwner: false,
  })
  const file = decodeEncryptedFile(Buffer.from(text.buffer, text.byteOffset, text.length).toString('utf8'))
  if (file.header.kind !== kind) {
    throw new KeystoreError(
      'encrypted-file-kind',
      `${path} is of kind ${file.header.kind}, not ${kind}`,
      'Give the path of the right file.',
    )
  }
  using key = await deriveKey(passphrase, file.header)
  return decrypt(key, file, path)
}

function encrypt(key: SecretBytes, header: EncryptedFileHeader, plaintext: SecretBytes): EncryptedFile {
  const ciphertext = new Uint8Array(plaintext.length + TAG_BYTES)
  key.use((k) => plaintext.use((p) => {
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(ciphertext, p, headerBytes(header), null, header.nonce, k)
  }))
  return { header, ciphertext }
}

function decrypt(key: SecretBytes, { header, ciphertext }: EncryptedFile, path: string): SecretBytes {
  const associated = headerBytes(header)
  try {
    return key.use((k) => SecretBytes.allocate(ciphertext.length - TAG_BYTES, (plaintext) => {
      sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plaintext, null, ciphertext, associated, header.nonce, k)
    }))
  } catch (error) {
    if (error instanceof KeystoreError) throw error
    throw new KeystoreError(
      'wrong-passphrase-or-damaged',
      `${path} does not open: the passphrase is wrong, or the file was damaged or changed`,
      'Check the passphrase file; if it is right, restore the file from a backup.',
    )
  }
}

async function deriveKey(passphrase: SecretBytes, header: EncryptedFileHeader): Promise<SecretBytes> {
  if (passphrase.length === 0) {
    throw new KeystoreError('passphrase-empty', 'the passphrase is empty', 'Give a passphrase.')
  }
  return SecretBytes.from(await argon2id(passphrase, header), { wipeSource: true })
}

function argon2id(passphrase: SecretBytes, { cost, salt }: EncryptedFileHeader): Promise<Uint8Array> {
  const { memory_kib: memory, passes, parallelism } = cost
  return new Promise((resolve, reject) => {
    // Node copies the passphrase before argon2() returns, into memory of OpenSSL's that is not locked.
    passphrase.use((message) => {
      const parameters = { message, nonce: salt, memory, passes, parallelism, tagLength: KEY_BYTES }
      argon2('argon2id', parameters, (error, key) => {
        if (error) reject(notDerived(memory))
        else resolve(key)
      })
    })
  })
}

function notDerived(memory_kib: number): KeystoreError {
  return new KeystoreError(
    'key-derivation-failed',
    `the key could not be derived from the passphrase with ${memory_kib} KiB of memory`,
    'Free memory, or raise the memory limit of the service.',
  )
}
