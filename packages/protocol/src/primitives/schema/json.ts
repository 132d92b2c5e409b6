/** JSON files and answers: strict on the way in, two-space indented on the way out. */
import { type Schema, SchemaError } from './schema.ts'

/** @throws SchemaError with `malformed` where the text is no JSON */
export function parseJson<T>(schema: Schema<T>, text: string): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new SchemaError('malformed', 'not JSON')
  }
  return schema.fromJson(value)
}

export function formatJson<T>(schema: Schema<T>, value: T): string {
  return `${JSON.stringify(schema.toJson(value), null, 2)}\n`
}
