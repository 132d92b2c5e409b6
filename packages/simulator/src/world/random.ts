/**
 * sfc32 (Chris Doty-Humphrey, PractRand): small, fast, passes BigCrush. One stream per subsystem, so that a change in how
 * often one of them draws leaves what the others draw as it was.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  readonly #seed: number
  readonly #stream: string

  constructor(seed: number, stream: string) {
    this.#seed = seed
    this.#stream = stream
    this.#a = seed >>> 0
    this.#b = fnv1a(stream)
    this.#c = 0x9e37_79b9
    // The generator's author asks for 12 rounds before the state is well mixed.
    for (let i = 0; i < 12; i++) this.u32()
  }

  /** A stream of its own, which takes nothing from this one. */
  fork(name: string): Random {
    return new Random(this.#seed, `${this.#stream}/${name}`)
  }

  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (this.#c << 21) | (this.#c >>> 11)
    this.#c = (this.#c + sum) | 0
    return sum >>> 0
  }

  /** From 0 up to, but not, 1. */
  float(): number {
    return this.u32() / 0x1_0000_0000
  }

  /** An integer from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.float() * (max - min + 1))
  }

  between(min: number, max: number): number {
    return min + this.float() * (max - min)
  }

  chance(probability: number): boolean {
    return probability > 0 && this.float() < probability
  }

  /** @throws RangeError where there is nothing to pick from */
  pick<T>(items: readonly T[]): T {
    const item = items[this.int(0, items.length - 1)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  /** `count` of the items in a random order; all of them without a count. */
  sample<T>(items: readonly T[], count = items.length): T[] {
    const left = [...items]
    const chosen: T[] = []
    while (chosen.length < count && left.length > 0) chosen.push(...left.splice(this.int(0, left.length - 1), 1))
    return chosen
  }

  /** As the gaps between blocks are. */
  exponential(mean: number): number {
    return -Math.log(1 - this.float()) * mean
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length)
    for (let i = 0; i < length; i++) out[i] = this.u32() & 0xff
    return out
  }
}

function fnv1a(text: string): number {
  let hash = 0x811c_9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193)
  return hash >>> 0
}
