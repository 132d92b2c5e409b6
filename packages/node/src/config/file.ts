/** The configuration file: strict YAML with known keys only, as a flat table of what it sets. */
import { type FileHandle, open } from 'node:fs/promises'
import { LineCounter, parseDocument } from 'yaml'
import { ConfigError } from './errors.ts'
import { nearest } from './nearest.ts'
import { SETTING_KEYS, type SettingKey, isSettingKey } from './settings.ts'

/** A thousand owners' paths fit; a file given by mistake mostly does not. */
const MAX_FILE_BYTES = 256 * 1024

export type FileValues = Partial<Record<SettingKey, unknown>>

/** @throws ConfigError file-unreadable, file-too-large and what parseConfigText throws */
export async function readConfigFile(path: string): Promise<FileValues> {
  return parseConfigText(await readBounded(path), path)
}

async function readBounded(path: string): Promise<string> {
  let file: FileHandle | null = null
  try {
    file = await open(path, 'r')
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1)
    let length = 0
    for (let read = 1; read > 0 && length < buffer.length; length += read) {
      read = (await file.read(buffer, length, buffer.length - length)).bytesRead
    }
    if (length > MAX_FILE_BYTES) {
      throw new ConfigError(
        'file-too-large',
        `${path} has more than ${MAX_FILE_BYTES} bytes`,
        'Check that this is the configuration file.',
      )
    }
    return buffer.toString('utf8', 0, length)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new ConfigError(
      'file-unreadable',
      `the configuration file ${path} cannot be read (${code})`,
      'Check the path, and that the user who runs Belfry may read it.',
    )
  } finally {
    await file?.close()
  }
}

/** @throws ConfigError file-malformed, duplicate-key, unknown-key, secret-in-file, wrong-value */
export function parseConfigText(text: string, path: string): FileValues {
  const content = parseYaml(text, path)
  if (content === null) return {}
  if (!isTable(content)) {
    throw new ConfigError(
      'file-malformed',
      `${path} is not a table of settings`,
      'Write one setting a line, like `data_dir: /var/lib/belfry`.',
    )
  }
  const values: FileValues = {}
  flatten(content, '', path, values)
  return values
}

function parseYaml(text: string, path: string): unknown {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'core',
    strict: true,
    uniqueKeys: true,
    prettyErrors: false,
  })
  const [problem] = [...document.errors, ...document.warnings]
  if (problem) {
    const { line } = lines.linePos(problem.pos[0])
    if (problem.code === 'DUPLICATE_KEY') {
      throw new ConfigError('duplicate-key', `${path}, line ${line}: this key is there twice`, 'Keep one of the two.')
    }
    // The parser's own sentence may quote the file.
    throw new ConfigError(
      'file-malformed',
      `${path}, line ${line}: this is not YAML (${problem.code})`,
      'Correct the line; indent by spaces.',
    )
  }
  try {
    // No aliases: a configuration needs none, and they can blow up.
    return document.toJS({ maxAliasCount: 0 })
  } catch {
    throw new ConfigError('file-malformed', `${path} uses YAML anchors`, 'Write the values out.')
  }
}

type Table = Readonly<Record<string, unknown>>

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A key without a value is as good as left out, so that the lines under a heading can be commented out. */
function flatten(table: Table, above: string, path: string, values: FileValues): void {
  for (const [name, value] of Object.entries(table)) {
    const key = above === '' ? name : `${above}.${name}`
    // Dotted names are for messages: two ways to write one setting would be two values for it.
    if (name.includes('.')) throw unknownKey(name, above, path)
    if (isSettingKey(key)) {
      if (value !== null) values[key] = value
    } else if (isSection(key)) {
      if (isTable(value)) flatten(value, key, path, values)
      else if (value !== null) throw sectionAsValue(key, path)
    } else {
      throw unknownKey(name, above, path)
    }
  }
}

function sectionAsValue(key: string, path: string): ConfigError {
  return new ConfigError(
    'wrong-value',
    `${path}: ${key} is a section, not a value`,
    `Write its settings under it: ${namesUnder(key).join(', ')}.`,
  )
}

function isSection(key: string): boolean {
  return SETTING_KEYS.some((known) => known.startsWith(`${key}.`))
}

function namesUnder(section: string): string[] {
  const prefix = section === '' ? '' : `${section}.`
  const names = SETTING_KEYS.filter((key) => key.startsWith(prefix)).map(
    (key) => key.slice(prefix.length).split('.')[0] ?? '',
  )
  return [...new Set(names)]
}

const SECRET_NAME = /pass(word|phrase|wd)?$|^rpc_?pass|secret|^token$|api_?token$|private|mnemonic|^seed/i

function unknownKey(name: string, above: string, path: string): ConfigError {
  const shown = printable(above === '' ? name : `${above}.${name}`)
  if (SECRET_NAME.test(name)) {
    return new ConfigError(
      'secret-in-file',
      `${path}: ${shown} would put a secret into the configuration`,
      'Write the secret into a file of its own that only its owner can read, and give its path ' +
        '(passphrase_file, bitcoind.password_file); treat the secret that stood here as known to others.',
    )
  }
  return new ConfigError('unknown-key', `${path}: there is no setting ${shown}`, remedyFor(name, above))
}

function remedyFor(name: string, above: string): string {
  if (isSettingKey(name)) {
    const nested = name.split('.').reduceRight((inner, part) => `{${part}: ${inner}}`, '…')
    return `Write it as ${nested.slice(1, -1)}.`
  }
  const here = namesUnder(above)
  const meant = nearest(name, here)
  if (meant !== null) return `Did you mean ${above === '' ? meant : `${above}.${meant}`}?`
  const elsewhere = SETTING_KEYS.find((key) => key.endsWith(`.${name}`))
  return elsewhere === undefined ? `Known here: ${here.join(', ')}.` : `Did you mean ${elsewhere}?`
}

const MAX_QUOTED = 100

function printable(text: string): string {
  return text.slice(0, MAX_QUOTED).replaceAll(/[^ -~]/g, '?')
}
