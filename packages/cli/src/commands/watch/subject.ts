/** What is to be watched, from the command line, from a file, or from standard input: an xpub shows all its addresses. */
import { addAbortSignal } from 'node:stream'
import { readText } from '@belfry/client'
import type { WatchSubject } from '@belfry/node'
import { Option } from 'commander'
import { option } from '../../command.ts'
import { usageError } from '../../errors.ts'
import type { Shell } from '../../shell.ts'

export interface SubjectOptions {
  readonly descriptor?: string
  readonly descriptorFile?: string
  readonly xpub?: string
  readonly xpubFile?: string
  readonly as?: 'pkh' | 'sh-wpkh' | 'wpkh' | 'tr'
  readonly address?: string
  readonly script?: string
  readonly outpoint?: string
}

const STDIN = '-'
/** The longest descriptor, and some white space. */
const MAX_INPUT_BYTES = 32 * 1024

export function subjectOptions(): Option[] {
  return [
    option('--descriptor <text>', 'an output descriptor with public keys; - reads it from standard input'),
    option('--descriptor-file <file>', 'or a file with it'),
    option('--xpub <key>', "an account's xpub, ypub or zpub (test networks: tpub, upub, vpub); - reads it from standard input"),
    option('--xpub-file <file>', 'or a file with it'),
    new Option('--as <script>', 'what the outputs of an xpub or tpub are (default: pkh)').choices([
      'pkh',
      'sh-wpkh',
      'wpkh',
      'tr',
    ]),
    option('--address <address>', 'one address'),
    option('--script <hex>', 'one output script'),
    option('--outpoint <txid:vout>', 'one coin, until it is spent'),
  ]
}

export function isAnySubject(options: SubjectOptions): boolean {
  return givenOf(options).length > 0
}

function givenOf({ descriptor, descriptorFile, xpub, xpubFile, address, script, outpoint }: SubjectOptions): string[] {
  return [descriptor, descriptorFile, xpub, xpubFile, address, script, outpoint].filter((one) => one !== undefined)
}

/** @throws CliError usage; ClientError file-unreadable */
export async function subjectOf(options: SubjectOptions, shell: Shell): Promise<WatchSubject> {
  const { descriptor, descriptorFile, xpub, xpubFile, as, address, script, outpoint } = options
  const given = givenOf(options)
  if (given.length !== 1) {
    throw usageError(
      given.length === 0 ? 'What is to be watched?' : 'More than one thing to watch was given.',
      'Give one of --descriptor, --xpub, --address, --script, --outpoint and --outpoints.',
    )
  }
  const isKey = xpub !== undefined || xpubFile !== undefined
  if (as !== undefined && !isKey) throw usageError('--as belongs to --xpub.', 'Leave it out: all else says it itself.')
  if (isKey) return { kind: 'xpub', text: await textOf(xpub, xpubFile, 'an extended key', shell), script: as ?? null }
  if (address !== undefined) return { kind: 'address', text: address }
  if (script !== undefined) return { kind: 'script', text: script }
  if (outpoint !== undefined) return { kind: 'outpoint', text: outpoint }
  return { kind: 'descriptor', text: await textOf(descriptor, descriptorFile, 'a descriptor', shell) }
}

async function textOf(text: string | undefined, file: string | undefined, what: string, shell: Shell): Promise<string> {
  if (file !== undefined) return await readText(file, what)
  if (text !== STDIN) return text ?? ''
  if (process.stdin.isTTY) shell.output.progress(`Reading ${what} from standard input; end it with Ctrl-D.`)
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of addAbortSignal(shell.signal, process.stdin) as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MAX_INPUT_BYTES) {
      throw usageError('Standard input is longer than any descriptor.', 'Give one descriptor and nothing else.')
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
