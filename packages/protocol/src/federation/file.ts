/** Reads a federation file: every refusal says what is wrong with the file and what a person can do about it. */
import { type Schema, SchemaError, s } from '../primitives/index.ts'
import { FederationError } from './errors.ts'

interface FileHeader {
  /** The usual name, for errors: `belfry-card.json`. */
  readonly name: string
  readonly format: string
  readonly version: number
}

export interface FileKind<T> extends FileHeader {
  readonly schema: Schema<T>
  /** Longer text is refused before it is parsed. */
  readonly max_characters: number
}

/** @throws FederationError and nothing else */
export function parseFile<T>(kind: FileKind<T>, text: string): T {
  if (text.length > kind.max_characters) {
    throw new FederationError(
      'file-too-large',
      `${kind.name} is ${text.length} characters long, more than ${kind.max_characters}.`,
      'Check that this is the right file.',
    )
  }
  const json = parseText(kind, text)
  checkHeader(kind, json)
  try {
    return kind.schema.fromJson(json)
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new FederationError(
      'file-malformed',
      `${kind.name}: ${printable(error.message)}.`,
      'Get the file again from whoever made it; it is made by belfry and not meant to be edited.',
      { cause: error },
    )
  }
}

function parseText(kind: FileHeader, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the file, and the file may not be what its name says.
    throw new FederationError('file-malformed', `${kind.name} is not JSON.`, 'Get the file again from whoever made it.')
  }
}

/** Before the fields, for those of another file or version would only be called unknown. */
function checkHeader(kind: FileHeader, json: unknown): void {
  if (typeof json !== 'object' || json === null) return
  const { format, version } = json as { format?: unknown; version?: unknown }
  if (typeof format === 'string' && format !== kind.format) {
    throw new FederationError(
      'file-of-other-format',
      `Expected ${kind.name} (${kind.format}), but this file says that it is ${printable(format)}.`,
      `Give the ${kind.name} instead.`,
    )
  }
  if (typeof version === 'number' && version !== kind.version) {
    throw new FederationError(
      'file-of-other-version',
      `${kind.name} has format version ${version}, this belfry knows version ${kind.version}.`,
      'Use a belfry of the same release as the one that made the file.',
    )
  }
}

const MAX_QUOTED = 200

/** Text of a stranger's file for a terminal: no control characters, no flood. */
function printable(text: string): string {
  return text.slice(0, MAX_QUOTED).replaceAll(/[^ -~]/g, '?')
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9 ._-]*[A-Za-z0-9])?$/

/**
 * Names of members, owners and federations. ASCII: they stand in logs, terminals and metrics, and every member must
 * judge them alike whatever Unicode tables it was built with.
 */
export const name = s.textLike(
  64,
  (text) => NAME.test(text),
  'a name of letters, digits, spaces and . _ - that begins and ends with a letter or digit',
)
