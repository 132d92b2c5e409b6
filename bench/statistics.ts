/** What a row says of its samples. */
export interface Summary {
  readonly n: number
  readonly median: number
  readonly p99: number
}

/** @throws RangeError without samples, or with one that is no finite number */
export function summarise(samples: readonly number[]): Summary {
  if (samples.length === 0) throw new RangeError('nothing was measured')
  if (!samples.every((sample) => Number.isFinite(sample))) throw new RangeError('a sample is no number')
  const sorted = samples.toSorted((a, b) => a - b)
  return { n: sorted.length, median: medianOf(sorted), p99: nearestRank(sorted, 0.99) }
}

/** The middle one, or the mean of the two in the middle. */
function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length / 2
  return (at(sorted, Math.ceil(middle) - 1) + at(sorted, Math.floor(middle))) / 2
}

/** The smallest sample that at least this part of all is not above: of fewer than 100, the p99 is the largest. */
function nearestRank(sorted: readonly number[], part: number): number {
  return at(sorted, Math.ceil(sorted.length * part) - 1)
}

function at(sorted: readonly number[], index: number): number {
  const sample = sorted[index]
  if (sample === undefined) throw new RangeError(`no sample ${index} of ${sorted.length}`)
  return sample
}
