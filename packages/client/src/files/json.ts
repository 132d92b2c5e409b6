import { type Schema, SchemaError, parseJson } from '@belfry/protocol/primitives'
import { ClientError } from '../errors.ts'
import { readText } from './read.ts'

/**
 * Reads one of this package's JSON files strictly.
 * @param what the file's meaning, for the sentence: "an enrolment"
 * @throws ClientError file-unreadable, file-malformed
 */
export async function readJson<T>(schema: Schema<T>, path: string, what: string): Promise<T> {
  const text = await readText(path, what)
  try {
    return parseJson(schema, text)
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new ClientError(
      'file-malformed',
      `${path} cannot be read as ${what}: ${error.message}`,
      'Give such a file, as Belfry wrote it.',
      { cause: error },
    )
  }
}

/** What a JSON file says that it is; null where it says nothing. The file's own parser judges the rest. */
export function formatOf(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text)
    const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : null
    return typeof format === 'string' ? format : null
  } catch {
    return null
  }
}
