/** What a person asks to watch, as given on a command line, made into a watch. */
import { type Height, type Millis, parseOutpoint } from '@belfry/protocol/primitives'
import {
  type DescriptorReader,
  type KeyScript,
  type Network,
  rawScript,
  refusePrivateKeys,
  scriptOfAddress,
} from '@belfry/vault'
import { WatchError } from './errors.ts'
import { DEFAULT_GAP_LIMIT, MAX_GAP_LIMIT, MAX_LABEL_CHARS, MAX_SCRIPTS_OF_A_WATCH } from './limits.ts'
import { scriptsOf } from './scripts.ts'
import { type Watch, type WatchSource, newWatch } from './watch.ts'

export type WatchSubject =
  | { readonly kind: 'descriptor'; readonly text: string }
  /** `script` null: as its prefix says. */
  | { readonly kind: 'xpub'; readonly text: string; readonly script: KeyScript | null }
  | { readonly kind: 'address'; readonly text: string }
  | { readonly kind: 'script'; readonly text: string }
  | { readonly kind: 'outpoint'; readonly text: string }

export interface WatchRequest {
  readonly subject: WatchSubject
  readonly label: string
  /** null: only what happens from now on. */
  readonly birth_height: number | null
  /** null: 20 where there is an index. */
  readonly gap_limit: number | null
}

export interface ReadRequest {
  readonly watch: Watch
  /** What an extended key was taken as although neither it nor the caller said so; else null. */
  readonly assumed: KeyScript | null
  /** Scripts watched at first. */
  readonly scripts: number
}

/** @throws WatchError, DescriptorError, VaultError; private keys are refused before anything else is done with them */
export function readRequest(
  { subject, label, birth_height, gap_limit }: WatchRequest,
  network: Network,
  reader: DescriptorReader,
  now_ms: Millis,
): ReadRequest {
  refusePrivateKeys(subject.text)
  refusePrivateKeys(label)
  checkLabel(label)
  const { source, assumed } = sourceOf(subject, network, reader)
  const { branches, ranged, per_index } = scriptsOf({ source, network }, reader)
  const gap = gapOf(gap_limit, ranged)
  const watch = newWatch({
    network,
    source,
    label,
    added_at_ms: now_ms,
    gap_limit: gap,
    birth_height: birth_height as Height | null,
    branches,
  })
  const scripts = branches * per_index * Math.max(gap, 1)
  if (scripts > MAX_SCRIPTS_OF_A_WATCH) {
    throw new WatchError(
      'too-many-scripts',
      `this would derive ${scripts} scripts at once, and ${MAX_SCRIPTS_OF_A_WATCH} are the most for one descriptor`,
      'Take a smaller gap limit.',
    )
  }
  return { watch, assumed, scripts }
}

interface ReadSource {
  readonly source: WatchSource
  readonly assumed: KeyScript | null
}

function sourceOf(subject: WatchSubject, network: Network, reader: DescriptorReader): ReadSource {
  const text = subject.text.trim()
  switch (subject.kind) {
    case 'descriptor':
      return { source: { kind: 'descriptor', descriptor: reader.parse(text, network).text }, assumed: null }
    case 'xpub': {
      const { descriptor, script, assumed } = reader.readExtendedKey(text, subject.script, network)
      const source: WatchSource = { kind: 'descriptor', descriptor: reader.parse(descriptor, network).text }
      return { source, assumed: assumed ? script : null }
    }
    case 'address':
      checkAddress(text, network)
      return { source: { kind: 'address', address: text }, assumed: null }
    case 'script':
      return { source: { kind: 'script', script: rawScript(text) }, assumed: null }
    case 'outpoint':
      return { source: { kind: 'outpoint', outpoint: outpointIn(text) }, assumed: null }
  }
}

/** Without a word of it in the error: it may be an xpub. */
function checkAddress(text: string, network: Network): void {
  try {
    scriptOfAddress(text, network)
  } catch {
    throw new WatchError(
      'watch-malformed',
      `this is no ${network} address that Belfry knows`,
      `Give one ${network} address, whole, in its usual (lower-case bech32) spelling; an xpub goes with --xpub.`,
    )
  }
}

function outpointIn(text: string) {
  try {
    return parseOutpoint(text)
  } catch {
    throw new WatchError(
      'watch-malformed',
      'an outpoint is the txid in 64 lower-case hex digits, a colon and the number of the output',
      'Copy the txid as bitcoind prints it, and write :0 behind it for the first output.',
    )
  }
}

function checkLabel(label: string): void {
  if (label.length <= MAX_LABEL_CHARS && label.isWellFormed() && !/\p{C}/u.test(label)) return
  throw new WatchError(
    'watch-malformed',
    `a label has at most ${MAX_LABEL_CHARS} printable characters`,
    'Give a shorter one, on one line.',
  )
}

function gapOf(given: number | null, ranged: boolean): number {
  if (!ranged && given !== null) {
    throw new WatchError(
      'watch-malformed',
      'there is no index in what is to be watched, and so no gap limit',
      'Leave it out, or give a descriptor whose keys end in /*.',
    )
  }
  const gap = given ?? DEFAULT_GAP_LIMIT
  if (!Number.isInteger(gap) || gap < 1 || gap > MAX_GAP_LIMIT) {
    throw new WatchError('watch-malformed', `a gap limit is 1 to ${MAX_GAP_LIMIT}`, `${DEFAULT_GAP_LIMIT} is usual.`)
  }
  return ranged ? gap : 0
}
