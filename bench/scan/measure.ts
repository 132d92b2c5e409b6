/** Samples of one thing that is done again and again. */

/** V8 has compiled for good what ran so often. */
const WARM_UP_RUNS = 200
/** Written between runs, so that of nothing else anything is left in the caches of a core. */
const EVICTED_BYTES = 64 * 2 ** 20

/** In milliseconds, with warm caches. */
export function hot(work: () => void, samples: number, warmUpRuns = WARM_UP_RUNS): number[] {
  for (let i = 0; i < warmUpRuns; i++) work()
  return Array.from({ length: samples }, () => timeOf(work))
}

/** In milliseconds, of compiled code whose data are in memory only. */
export function cold(work: () => void, samples: number): number[] {
  for (let i = 0; i < WARM_UP_RUNS; i++) work()
  const junk = new Uint8Array(EVICTED_BYTES)
  return Array.from({ length: samples }, (_, i) => {
    junk.fill(i)
    return timeOf(work)
  })
}

/** Bytes on the heap for each run, of so many between two looks. Where garbage was collected nothing is known. */
export function allocated(work: () => void, samples: number, runs: number): number[] {
  const bytes: number[] = []
  for (let i = 0; i < samples; i++) {
    const first = process.memoryUsage().heapUsed
    const before = process.memoryUsage().heapUsed
    for (let run = 0; run < runs; run++) work()
    // Less what the looking itself puts there.
    const grown = process.memoryUsage().heapUsed - before - (before - first)
    if (grown >= 0) bytes.push(grown / runs)
  }
  return bytes
}

function timeOf(work: () => void): number {
  const started_ms = performance.now()
  work()
  return performance.now() - started_ms
}
