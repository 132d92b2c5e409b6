import { parseJson, type Schema, SchemaError } from '@belfry/protocol/primitives'
import { VaultError, type VaultErrorCode } from '../errors.ts'

/** Hundreds of transactions of the largest multisig; anything longer is no file of ours. */
const MAX_FILE_CHARS = 4_000_000

/**
 * Reads one of this package's JSON files strictly.
 * @param what the file's usual name, for the sentence
 * @throws VaultError with a `file-…` code, and nothing else
 */
export function readFile<T>(schema: Schema<T>, text: string, what: string): T {
  if (text.length > MAX_FILE_CHARS) {
    throw new VaultError(
      'file-too-large',
      `${what} has more than ${MAX_FILE_CHARS} characters`,
      `Give a ${what} that Belfry wrote.`,
    )
  }
  try {
    return parseJson(schema, text)
  } catch (error) {
    if (error instanceof SchemaError) throw fileError(error, what)
    throw error
  }
}

function fileError(error: SchemaError, what: string): VaultError {
  const field = error.path.join('.')
  const sentence = field === '' ? `${what}: ${error.detail}` : `${what}, field ${field}: ${error.detail}`
  return new VaultError(codeOf(error, field), sentence, remedyOf(error, field, what), { cause: error })
}

function codeOf(error: SchemaError, field: string): VaultErrorCode {
  if (field === 'format') return 'file-format'
  if (field === 'version') return 'file-version'
  if (error.code === 'unknown-field') return 'file-unknown-field'
  if (error.code === 'missing-field') return 'file-missing-field'
  return 'file-malformed'
}

function remedyOf(error: SchemaError, field: string, what: string): string {
  if (field === 'format') return `Give a ${what} that Belfry wrote.`
  if (field === 'version' || error.code === 'unknown-field') {
    return 'Upgrade Belfry if a later version wrote this file; else take the field out.'
  }
  return `Correct the field, or make the ${what} anew.`
}
