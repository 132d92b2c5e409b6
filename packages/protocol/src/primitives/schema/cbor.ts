/** Canonical CBOR (RFC 8949, 4.2 core deterministic encoding): one value has exactly one encoding. */
import { equalBytes } from '../bytes.ts'
import { decodeModel, encodeModel } from './model.ts'
import { type Schema, SchemaError } from './schema.ts'

/** @throws SchemaError where the value breaks a limit of its schema: a bug of the caller */
export function toCbor<T>(schema: Schema<T>, value: T): Uint8Array {
  return encodeModel(schema.encode(value))
}

/**
 * What strict CBOR says, read by no schema: for a look at what another version may have laid out differently.
 * @throws SchemaError
 */
export function modelOf(bytes: Uint8Array): unknown {
  return decodeModel(bytes)
}

/**
 * Decodes hostile bytes. The value is encoded again and compared, so that no laxity of a schema (the order of a dict) can
 * give one value two encodings.
 * @throws SchemaError and nothing else
 */
export function fromCbor<T>(schema: Schema<T>, bytes: Uint8Array): T {
  const value = schema.decode(modelOf(bytes))
  if (!equalBytes(toCbor(schema, value), bytes)) throw new SchemaError('not-canonical', 'not the canonical encoding')
  return value
}
