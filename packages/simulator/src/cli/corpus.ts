/** Seeds that found something once. They run always and first, for what came back once may come back again. */
import { readFileSync } from 'node:fs'

export interface CorpusEntry {
  readonly seed: number
  /** That did not hold then. */
  readonly invariant: string
  readonly reason: string
}

/** Beside the package's manifest, whether this runs from its sources or was built. */
const FILE = new URL('../../corpus.txt', import.meta.url)
const MAX_SEED = 0xffff_ffff

export function loadCorpus(): readonly CorpusEntry[] {
  return readCorpus(readFileSync(FILE, 'utf8'))
}

/**
 * One entry a line: seed, invariant, reason. Empty lines and those that begin with `#` are for people.
 * @throws SyntaxError with the line's number
 */
export function readCorpus(text: string): readonly CorpusEntry[] {
  const seeds = new Set<number>()
  return text.split('\n').flatMap((line, at) => {
    if (line.trim() === '' || line.startsWith('#')) return []
    const [, seed, invariant, reason] = /^(\d{1,10}) +(\S+) +(\S.*)$/.exec(line) ?? []
    const number = Number(seed)
    if (seed === undefined || invariant === undefined || reason === undefined || number > MAX_SEED) {
      throw new SyntaxError(`corpus.txt, line ${at + 1}: expected a seed, the invariant that did not hold, and a reason`)
    }
    if (seeds.has(number)) throw new SyntaxError(`corpus.txt, line ${at + 1}: seed ${number} is there already`)
    seeds.add(number)
    return [{ seed: number, invariant, reason: reason.trim() }]
  })
}

/** The line to add for a seed that failed now; who adds it says why in place of the detail. */
export function corpusLine({ seed, invariant, reason }: CorpusEntry): string {
  return `${seed} ${invariant} ${reason.replaceAll(/\s+/g, ' ')}`
}
