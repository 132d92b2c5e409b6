/** After each so many the heap is compared with before. */
const REPETITIONS = 1_000
/** Compiling adds to some of the first, and a garbage collection takes from some: neither to half of them. */
const ROUNDS = 21

/** Bytes that something puts on the heap each time, once its code is compiled: the median of some rounds. */
export function bytesAllocatedBy(work: () => void): number {
  const rounds = new Float64Array(ROUNDS)
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < REPETITIONS; i++) work()
    rounds[round] = (process.memoryUsage().heapUsed - before) / REPETITIONS
  }
  return rounds.toSorted()[(ROUNDS - 1) / 2] ?? Number.NaN
}
