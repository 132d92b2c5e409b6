/**
 * Who pays a node's vault chooses txids and scripts, so the tables hash with secrets that nobody outside the process knows.
 *
 * Multilinear hashing, Lemire and Kaser, "Strongly universal string hashing is fast", The Computer Journal 57 (2014): the
 * sum of each character times a secret random number, plus one. Here the characters are the key's 16-bit halves and the
 * arithmetic is that of `Math.imul`, modulo 2^32: then the upper 17 bits of the sum are strongly universal. So two
 * different keys, whoever chose them, have the same hash with a probability of at most 2^-17, and of 2^-32 where any of
 * their halves differ by an odd number. Keys that differ only by multiples of 2^t share t bits of their sums, but the
 * larger t is, the fewer of them there are: of five million, some twenty can be made to share a sum at the worst.
 *
 * A word w of two halves is added as m·w + n·(w >>> 16): the secrets of its halves are m and m·2^16 + n, which are as
 * random and as independent as m and n.
 */

/** Fills the array with numbers that nobody can predict. */
export type RandomWords = (words: Uint32Array) => void

export const randomWords: RandomWords = (words) => {
  globalThis.crypto.getRandomValues(words)
}

export function secrets(count: number, random: RandomWords): Int32Array {
  const words = new Uint32Array(count)
  random(words)
  return new Int32Array(words.buffer)
}

/** The odd number nearest to 2^32 over the golden ratio (Knuth, volume 3, 6.4). */
const SPREAD = 0x9e37_79b1 | 0

/**
 * One to one, so what the sum promises of two keys still holds. The sums of outputs of one transaction lie in arithmetic
 * progression, on which linear probing piles up; this breaks it, and gives the lower bits a share in the upper ones.
 */
export function spread(sum: number): number {
  const mixed = Math.imul(sum ^ (sum >>> 16), SPREAD)
  return mixed ^ (mixed >>> 15)
}

/**
 * Of keys of so many words. One loop for all: with the words and secrets of 36 bytes written out one by one, V8 has more
 * values at hand than registers, and takes a third longer.
 */
export class KeyedHash {
  private declare readonly words: number
  /** The constant, and two secrets for each word. */
  private declare readonly secrets: Int32Array

  constructor(words: number, random: RandomWords) {
    this.words = words
    this.secrets = secrets(1 + 2 * words, random)
  }

  of(view: DataView, offset: number): number {
    const { words, secrets } = this
    let sum = secrets[0] ?? 0
    let upper = 0
    for (let i = 0; i < words; i++) {
      const word = view.getInt32(offset + 4 * i, true)
      sum = sum + Math.imul(secrets[2 * i + 1] ?? 0, word) | 0
      upper = upper + Math.imul(secrets[2 * i + 2] ?? 0, word >>> 16) | 0
    }
    return spread(sum + upper | 0)
  }

  /** The same of a key's words. */
  ofWords(key: Int32Array, at: number): number {
    const { words, secrets } = this
    let sum = secrets[0] ?? 0
    let upper = 0
    for (let i = 0; i < words; i++) {
      const word = key[at + i] ?? 0
      sum = sum + Math.imul(secrets[2 * i + 1] ?? 0, word) | 0
      upper = upper + Math.imul(secrets[2 * i + 2] ?? 0, word >>> 16) | 0
    }
    return spread(sum + upper | 0)
  }
}
