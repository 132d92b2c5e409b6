/** The known word that a mistyped one most likely meant; null where none is close. */
export function nearest(word: string, known: readonly string[]): string | null {
  let best: string | null = null
  // Two letters exchanged are two wrong; a third of them wrong is still the same word, more is another one.
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(word, candidate)
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}

/** Longer words are no typing mistakes, and the distance costs the product of both lengths. */
const MAX_WORD_CHARACTERS = 64

/** Levenshtein: letters to add, drop or exchange. */
function editDistance(a: string, b: string): number {
  if (a.length > MAX_WORD_CHARACTERS || b.length > MAX_WORD_CHARACTERS) return Infinity
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const exchanged = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(exchanged, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? Infinity
}
