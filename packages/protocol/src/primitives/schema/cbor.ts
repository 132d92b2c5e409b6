/** Canonical CBOR (RFC 8949, 4.2 core deterministic encoding): one value has exactly one encoding. */
import { decode } from 'cborg'
import { UNREAD, readModel } from './cbor-reader.ts'
import { isWrittenAs, writeModel } from './cbor-writer.ts'
import { type Schema, SchemaError } from './schema.ts'

/** @throws SchemaError where the value breaks a limit of its schema: a bug of the caller */
export function toCbor<T>(schema: Schema<T>, value: T): Uint8Array {
  return writeModel(schema.encode(value))
}

/**
 * What strict CBOR says, read by no schema: for a look at what another version may have laid out differently.
 * @throws SchemaError
 */
export function modelOf(bytes: Uint8Array): unknown {
  const model = readModel(bytes)
  if (model !== UNREAD) return model
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

/**
 * Decodes hostile bytes. cborg's strict mode refuses duplicate keys and non-minimal integers, but not unsorted keys, so
 * the value is encoded again and compared.
 * @throws SchemaError and nothing else
 */
export function fromCbor<T>(schema: Schema<T>, bytes: Uint8Array): T {
  const value = schema.decode(modelOf(bytes))
  if (!isWrittenAs(schema.encode(value), bytes)) throw new SchemaError('not-canonical', 'not the canonical encoding')
  return value
}
