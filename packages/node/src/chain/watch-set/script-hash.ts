import { type RandomWords, secrets, spread } from './keyed-hash.ts'

/** A script as words: the last one overlaps the one before it where the length is no multiple of four. */
export function wordsOf(length: number): number {
  return length + 3 >>> 2
}

/** Reads nothing outside of the script. */
export function wordAt(view: DataView, offset: number, length: number, i: number): number {
  if (length >= 4) return view.getInt32(offset + Math.min(4 * i, length - 4), true)
  let word = 0
  for (let byte = 0; byte < length; byte++) word |= view.getUint8(offset + byte) << 8 * byte
  return word
}

/** Enough for every common form. */
const SHORT_WORDS = 9

/** Over the words, and the length as one character more. */
export class ScriptHash {
  private declare readonly random: RandomWords
  private declare readonly c: number
  private declare readonly ofLength: number
  /** Two for each word. */
  private declare secrets: Int32Array

  constructor(random: RandomWords) {
    this.random = random
    const words = secrets(2 + 2 * SHORT_WORDS, random)
    this.c = words[0] ?? 0
    this.ofLength = words[1] ?? 0
    this.secrets = words.slice(2)
  }

  get bytes(): number {
    return this.secrets.byteLength
  }

  /** To be called before scripts of this length are hashed for the first time. */
  prepare(length: number): void {
    const missing = 2 * wordsOf(length) - this.secrets.length
    if (missing <= 0) return
    const longer = new Int32Array(this.secrets.length + missing)
    longer.set(this.secrets)
    longer.set(secrets(missing, this.random), this.secrets.length)
    this.secrets = longer
  }

  of(view: DataView, offset: number, length: number): number {
    const { secrets } = this
    const last = wordsOf(length) - 1
    let sum = this.c + Math.imul(this.ofLength, length) | 0
    if (last < 0) return spread(sum)
    let upper = 0
    for (let i = 0; i < last; i++) {
      const word = view.getInt32(offset + 4 * i, true)
      sum = sum + Math.imul(secrets[2 * i] ?? 0, word) | 0
      upper = upper + Math.imul(secrets[2 * i + 1] ?? 0, word >>> 16) | 0
    }
    // Only the last word may overlap, or be short: apart from the others, they are read twice as fast.
    const word = wordAt(view, offset, length, last)
    sum = sum + Math.imul(secrets[2 * last] ?? 0, word) | 0
    upper = upper + Math.imul(secrets[2 * last + 1] ?? 0, word >>> 16) | 0
    return spread(sum + upper | 0)
  }

  /** The same, of a script's words. */
  ofWords(words: Int32Array, at: number, length: number): number {
    const secrets = this.secrets
    const count = wordsOf(length)
    let sum = this.c + Math.imul(this.ofLength, length) | 0
    for (let i = 0; i < count; i++) {
      const word = words[at + i] ?? 0
      sum = sum + Math.imul(secrets[2 * i] ?? 0, word) + Math.imul(secrets[2 * i + 1] ?? 0, word >>> 16) | 0
    }
    return spread(sum)
  }
}
