/** Canonical CBOR (RFC 8949, 4.2 core deterministic encoding): one value has exactly one encoding. */
import { decode } from 'cborg'
import { equalBytes } from '../bytes.ts'
import { Reader, UNUSUAL } from './cbor-reader.ts'
import { written } from './cbor-writer.ts'
import { type Schema, SchemaError } from './schema.ts'

/** @throws SchemaError where the value breaks a limit of its schema: a bug of the caller */
export function toCbor<T>(schema: Schema<T>, value: T): Uint8Array {
  return written(schema.write, value)
}

/**
 * Decodes hostile bytes.
 * @throws SchemaError and nothing else
 */
export function fromCbor<T>(schema: Schema<T>, bytes: Uint8Array): T {
  const value = readCanonical(schema, bytes)
  return value === UNREAD ? decodeStrictly(schema, bytes) : value
}

/** No value of any schema. */
export const UNREAD: unique symbol = Symbol('unread')

/** What nearly all bytes are: as the writer writes them. UNREAD where they are not, or perhaps not. */
export function readCanonical<T>(schema: Schema<T>, bytes: Uint8Array): T | typeof UNREAD {
  const reader = new Reader(bytes)
  try {
    const value = schema.read(reader)
    return reader.isAtEnd ? value : UNREAD
  } catch (error) {
    if (error === UNUSUAL || error instanceof SchemaError) return UNREAD
    throw error
  }
}

/**
 * Says what is wrong with bytes, if anything is. cborg's strict mode refuses duplicate keys and non-minimal integers, but not unsorted
 * keys, so the value is encoded again and compared.
 * @throws SchemaError and nothing else
 */
export function decodeStrictly<T>(schema: Schema<T>, bytes: Uint8Array): T {
  const value = schema.decode(modelOf(bytes))
  if (!equalBytes(toCbor(schema, value), bytes)) throw new SchemaError('not-canonical', 'not the canonical encoding')
  return value
}

/**
 * What strict CBOR says, read by no schema: for a look at what another version may have laid out differently.
 * @throws SchemaError
 */
export function modelOf(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, {
      strict: true,
      useMaps: true,
      rejectDuplicateMapKeys: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      allowBigInt: false,
    })
  } catch {
    // Also a RangeError for nesting deeper than the stack, which a frame of the permitted size can hold.
    throw new SchemaError('malformed', 'not strict CBOR')
  }
}
