/** Key expressions, BIP-380, found in a descriptor's text. */
import { malformed } from './text.ts'

export type KeyExpression =
  /** A public key in hex, as it stands there. */
  | { readonly kind: 'fixed'; readonly hex: string }
  | {
      readonly kind: 'extended'
      /** Base58, e.g. xpub… */
      readonly key: string
      /** Unhardened steps below it. */
      readonly path: readonly number[]
      readonly ranged: boolean
    }

/** A descriptor cut at its keys. */
export type Template = readonly (string | KeyExpression)[]

/** Steps below it are unhardened; BIP-32. */
export const MAX_INDEX = 0x7fff_ffff
/** As deep as BIP-32 can say. */
const MAX_PATH_STEPS = 255

const WORD = /([^(),{}]+)(\(?)/g
const ORIGIN = /^\[[0-9a-fA-F]{8}((?:\/[^/[\]]+)*)\](.*)$/
const HEX_KEY = /^(?:0[2-7](?:[0-9a-fA-F]{64}|[0-9a-fA-F]{128})|[0-9a-fA-F]{64})$/
const EXTENDED_KEY = /^([A-Za-z]pub[1-9A-HJ-NP-Za-km-z]+)((?:\/.*)?)$/
const STEP = /^(0|[1-9][0-9]{0,9})(['hH]?)$/

/** @throws DescriptorError `descriptor-malformed` */
export function templateOf(body: string): Template {
  const parts: (string | KeyExpression)[] = []
  let from = 0
  for (const { 1: word = '', 2: opens, index } of body.matchAll(WORD)) {
    const key = opens === '' ? keyIn(word) : null
    if (key === null) continue
    parts.push(body.slice(from, index), key)
    from = index + word.length
  }
  parts.push(body.slice(from))
  if (parts.some((part) => typeof part === 'string' && part.includes('*'))) {
    throw malformed('a * stands only as the last step of a key')
  }
  return parts
}

/** null where the word is no key: a number, a hash, an address. */
function keyIn(word: string): KeyExpression | null {
  const hasOrigin = word.startsWith('[')
  const rest = hasOrigin ? withoutOrigin(word) : word
  const [, key, path = ''] = EXTENDED_KEY.exec(rest) ?? []
  if (key !== undefined) return { kind: 'extended', key, ...stepsOf(path) }
  // Of 64 digits without an origin it may as well be a hash: both stay as they are.
  if (HEX_KEY.test(rest) && (hasOrigin || rest.length !== 64)) return { kind: 'fixed', hex: rest.toLowerCase() }
  if (hasOrigin) throw malformed('no key follows a [key origin]')
  return null
}

function withoutOrigin(word: string): string {
  const [, path, rest] = ORIGIN.exec(word) ?? []
  const steps = (path ?? '').split('/').slice(1)
  if (rest === undefined || !steps.every((step) => isStep(step))) throw malformed('a [key origin] is malformed')
  return rest
}

function isStep(step: string): boolean {
  const [, number] = STEP.exec(step) ?? []
  return number !== undefined && Number(number) <= MAX_INDEX
}

function stepsOf(path: string): { path: number[]; ranged: boolean } {
  const steps = path.split('/').slice(1)
  const ranged = steps.at(-1) === '*'
  const fixed = ranged ? steps.slice(0, -1) : steps
  if (steps.some((step) => /['hH]$/.test(step))) {
    throw malformed("a hardened step (' or h) below a public key needs the private one: put it into the [key origin]")
  }
  if (fixed.length > MAX_PATH_STEPS || !fixed.every((step) => isStep(step))) throw malformed("a key's path is malformed")
  return { path: fixed.map(Number), ranged }
}
