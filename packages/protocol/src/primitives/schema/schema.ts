import type { Reader } from './cbor-reader.ts'

/**
 * One definition of a value gives its TypeScript type, its canonical CBOR (messages, hashes, the log) and its JSON
 * (files, HTTP). Every text, blob, list and dict must be given a limit, so that no bound can be forgotten.
 *
 * In memory hashes and ids are hex strings, blobs are Uint8Array, amounts are bigint. In CBOR hashes and ids are byte
 * strings. In JSON bytes are lower-case hex and amounts are integers; names are the same everywhere (snake_case).
 */
export interface Schema<T> {
  /** Writes the canonical CBOR of it. @throws SchemaError where the value breaks a limit, which is a bug of the caller */
  readonly write: (value: T) => void
  /** Reads what `write` writes, and only that. @throws UNUSUAL, or SchemaError, for anything else: then `decode` judges it */
  readonly read: (reader: Reader) => T
  /** From the data model of any strict CBOR, as `cbor.ts` has it from cborg. @throws SchemaError */
  readonly decode: (value: unknown) => T
  readonly toJson: (value: T) => JsonValue
  /** @throws SchemaError */
  readonly fromJson: (value: unknown) => T
}

export type Infer<S> = S extends Schema<infer T> ? T : never

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

export type SchemaErrorCode =
  | 'malformed' // not of the type or form that the field has in any version
  | 'over-limit' // longer, larger or more than the field's maximum
  | 'unknown-field' // perhaps of a later version
  | 'unknown-variant' // likewise
  | 'missing-field'
  | 'not-canonical' // decodes, but not to the bytes that we would encode

export class SchemaError extends Error {
  override readonly name = 'SchemaError'
  readonly code: SchemaErrorCode
  /** Where, from the outermost field inwards. */
  readonly path: readonly string[]
  readonly detail: string

  constructor(code: SchemaErrorCode, detail: string, path: readonly string[] = []) {
    super(path.length === 0 ? detail : `${path.join('.')}: ${detail}`)
    this.code = code
    this.detail = detail
    this.path = path
  }

  under(step: string): SchemaError {
    return new SchemaError(this.code, this.detail, [step, ...this.path])
  }
}

/** Runs a conversion of one part and names that part in whatever error comes out. */
export function within<T>(step: string, convert: () => T): T {
  try {
    return convert()
  } catch (error) {
    throw located(error, step)
  }
}

/** The error with the part named in which it arose. */
export function located(error: unknown, step: string): unknown {
  return error instanceof SchemaError ? error.under(step) : error
}
