import { fromHex, toHex, utf8 } from '@belfry/protocol/primitives'
import { KeystoreError } from '../errors.ts'
import { MAX_SECRET_BYTES } from '../memory/index.ts'
import { checkCost, type KdfCost } from './cost.ts'

const FORMAT = 'belfry-encrypted'
const VERSION = 1
const CIPHER = 'xchacha20poly1305'
const KDF = 'argon2id'

export const SALT_BYTES = 16
export const NONCE_BYTES = 24
export const TAG_BYTES = 16

/** Header, field names and line breaks around the hex. */
const MAX_HEADER_BYTES = 4096
export const MAX_FILE_BYTES = 2 * (MAX_SECRET_BYTES + TAG_BYTES) + MAX_HEADER_BYTES

const KIND = /^[a-z][a-z0-9-]{0,63}$/

/** Everything but the ciphertext; authenticated with it. */
export interface EncryptedFileHeader {
  /** What the plaintext is: lower-case words with hyphens, up to 64 characters ("node-keys", "recovery-set"). */
  readonly kind: string
  readonly cost: KdfCost
  readonly salt: Uint8Array
  readonly nonce: Uint8Array
}

export interface EncryptedFile {
  readonly header: EncryptedFileHeader
  /** Ends in the 16-byte tag. */
  readonly ciphertext: Uint8Array
}

function headerFields({ kind, cost, salt, nonce }: EncryptedFileHeader): Record<string, unknown> {
  return {
    format: FORMAT,
    version: VERSION,
    kind,
    kdf: {
      name: KDF,
      memory_kib: cost.memory_kib,
      passes: cost.passes,
      parallelism: cost.parallelism,
      salt: toHex(salt),
    },
    cipher: CIPHER,
    nonce: toHex(nonce),
  }
}

/** The associated data: the header's fields in a fixed order, whatever the layout of the file. */
export function headerBytes(header: EncryptedFileHeader): Uint8Array {
  return utf8(JSON.stringify(headerFields(header)))
}

export function encodeEncryptedFile({ header, ciphertext }: EncryptedFile): string {
  return `${JSON.stringify({ ...headerFields(header), ciphertext: toHex(ciphertext) }, null, 2)}\n`
}

/**
 * @throws KeystoreError encrypted-file-malformed, encrypted-file-version, encrypted-file-cost
 */
export function decodeEncryptedFile(text: string): EncryptedFile {
  const file = fields(parseJson(text), 'the file')
  if (file.get('format') !== FORMAT) throw malformed('it does not say that it is an encrypted Belfry file')
  checkVersion(file.get('version'))
  onlyFields(file, ['format', 'version', 'kind', 'kdf', 'cipher', 'nonce', 'ciphertext'])
  if (file.get('cipher') !== CIPHER) throw malformed(`its cipher is not ${CIPHER}`)

  const kdf = fields(file.get('kdf'), 'kdf')
  onlyFields(kdf, ['name', 'memory_kib', 'passes', 'parallelism', 'salt'])
  if (kdf.get('name') !== KDF) throw malformed(`its key derivation is not ${KDF}`)
  const cost = {
    memory_kib: wholeNumber(kdf, 'memory_kib'),
    passes: wholeNumber(kdf, 'passes'),
    parallelism: wholeNumber(kdf, 'parallelism'),
  }
  checkCost(cost)

  return {
    header: {
      kind: parseKind(file.get('kind')),
      cost,
      salt: hexField(kdf, 'salt', SALT_BYTES, SALT_BYTES),
      nonce: hexField(file, 'nonce', NONCE_BYTES, NONCE_BYTES),
    },
    ciphertext: hexField(file, 'ciphertext', TAG_BYTES, MAX_SECRET_BYTES + TAG_BYTES),
  }
}

/** @throws KeystoreError encrypted-file-malformed */
export function parseKind(kind: unknown): string {
  if (typeof kind === 'string' && KIND.test(kind)) return kind
  throw malformed('its kind is not a name of lower-case letters, digits and hyphens')
}

function checkVersion(version: unknown): void {
  if (version === VERSION) return
  if (typeof version !== 'number') throw malformed('it has no version')
  throw new KeystoreError(
    'encrypted-file-version',
    `the encrypted file is of version ${version}, and this Belfry knows version ${VERSION}`,
    'Use the Belfry that wrote it, or a newer one.',
  )
}

type Fields = ReadonlyMap<string, unknown>

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed('it is not JSON')
  }
}

function fields(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(`${name} is not an object`)
  return new Map(Object.entries(value))
}

function onlyFields(given: Fields, known: readonly string[]): void {
  for (const name of given.keys()) {
    if (!known.includes(name)) throw malformed('it holds a field that this version does not know')
  }
}

function wholeNumber(given: Fields, name: string): number {
  const value = given.get(name)
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw malformed(`${name} is not a whole number`)
}

function hexField(given: Fields, name: string, least: number, most: number): Uint8Array {
  const value = given.get(name)
  if (typeof value !== 'string' || value.length < 2 * least || value.length > 2 * most) {
    throw malformed(`${name} is not hex of ${least === most ? least : `${least} to ${most}`} bytes`)
  }
  try {
    return fromHex(value)
  } catch {
    throw malformed(`${name} is not lower-case hex`)
  }
}

function malformed(why: string): KeystoreError {
  return new KeystoreError(
    'encrypted-file-malformed',
    `this is no encrypted file that Belfry wrote: ${why}`,
    'Check the path, or restore the file from a backup.',
  )
}
