/**
 * What may stand in a log line, by type: primitives, plain objects and lists, dates, and of errors their words.
 * Everything else is only named, so that a secret's type keeps it out of the log whoever passes it, and however deep.
 */
import { types } from 'node:util'
import { SecretBytes } from '@belfry/keystore'
import { CodedError } from '@belfry/protocol/primitives'

export type Printable = string | number | boolean | null | readonly Printable[] | { readonly [name: string]: Printable }

/** A remedy, a path, a txid list fit; a dump does not. */
const MAX_TEXT_CHARACTERS = 1_024
const MAX_STACK_CHARACTERS = 4_096
const MAX_DEPTH = 4
/** Members of a list or object: 64 members of a federation each by name. */
const MAX_ENTRIES = 64
const MAX_CAUSES = 3

/** Never throws, never runs long, and calls no method of what it is given. */
export function printable(value: unknown, depth = 0): Printable {
  switch (typeof value) {
    case 'string':
      return cut(value, MAX_TEXT_CHARACTERS)
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'boolean':
      return value
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
    case 'object':
      return value === null ? null : printableObject(value, depth)
    case 'function':
    case 'symbol':
    case 'undefined':
      return `<${typeof value}>`
  }
}

function printableObject(value: object, depth: number): Printable {
  try {
    if (value instanceof SecretBytes) return '[secret]'
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return `<${value.byteLength} bytes>`
    if (value instanceof Error) return printableError(value)
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? '<invalid date>' : value.toISOString()
    if (types.isMap(value) || types.isSet(value)) return `<${value.size} entries>`
    if (types.isProxy(value) || !(Array.isArray(value) || isPlain(value))) return '<object>'
    if (depth >= MAX_DEPTH) return '<deeper>'
    return Array.isArray(value) ? printableList(value, depth) : printableTable(value, depth)
  } catch {
    // A getter threw, or something poses as what it is not.
    return '<unprintable>'
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function printableList(list: readonly unknown[], depth: number): Printable {
  const items = list.slice(0, MAX_ENTRIES).map((item) => printable(item, depth + 1))
  return list.length > MAX_ENTRIES ? [...items, `<${list.length - MAX_ENTRIES} more>`] : items
}

/** Names by which secrets go, should one of them come as text after all. */
const SECRET_NAMES =
  /^(?:password|passphrase|secret|token|seed|private_key|mnemonic|authorization|cookie|share|envelope|raw|hex)$/i

function printableTable(table: object, depth: number): Printable {
  const entries = Object.entries(table).filter(([, value]) => value !== undefined)
  const printed = entries
    .slice(0, MAX_ENTRIES)
    .map(
      ([name, value]) =>
        [
          cut(name, MAX_TEXT_CHARACTERS),
          SECRET_NAMES.test(name) && value !== null ? '[secret]' : printable(value, depth + 1),
        ] as const,
    )
  const more = entries.length > MAX_ENTRIES ? [['more', `<${entries.length - MAX_ENTRIES} more>`] as const] : []
  return Object.fromEntries([...printed, ...more])
}

/** Code, message and remedy; of an error that is none of ours also where it arose, for it is most likely a bug. */
function printableError(error: Error, causes = 0): Printable {
  const printed: Record<string, Printable> = { name: cut(error.name, MAX_TEXT_CHARACTERS) }
  if ('code' in error && typeof error.code === 'string') printed['code'] = cut(error.code, MAX_TEXT_CHARACTERS)
  printed['message'] = messageOf(error)
  if (error instanceof CodedError) printed['remedy'] = cut(error.remedy, MAX_TEXT_CHARACTERS)
  else printed['stack'] = cut(framesOf(error), MAX_STACK_CHARACTERS)
  if (error.cause instanceof Error && causes < MAX_CAUSES) printed['cause'] = printableError(error.cause, causes + 1)
  return printed
}

/** Parsers quote what they could not parse, which may be a secret's file. */
function messageOf(error: Error): string {
  return error instanceof SyntaxError ? '<withheld: it may quote its input>' : cut(error.message, MAX_TEXT_CHARACTERS)
}

/** The stack without its first lines, which repeat the message. */
function framesOf({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .join('\n')
}

function cut(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}… (${text.length - limit} more)` : text
}
