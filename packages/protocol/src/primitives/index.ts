export * from './bytes.ts'
export * from './ids.ts'
export * from './errors.ts'
/** Schemas: `s.struct({ height: s.height, … })`. */
export * as s from './schema/index.ts'
export { type Infer, type JsonValue, type Schema, SchemaError, type SchemaErrorCode } from './schema/schema.ts'
export { fromCbor, toCbor } from './schema/cbor.ts'
export { formatJson, parseJson } from './schema/json.ts'
export { sortedEntries } from './schema/composites.ts'
