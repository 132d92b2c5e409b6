import type { Unit } from '../output/row.ts'
import { collectGarbage } from './heap.ts'
import { first, type Keys } from './keys.ts'
import type { MakeSubject, Subject } from './subjects.ts'

const MILLION = 1_000_000

/** Samples by the row's name. */
export type Samples = Map<string, { readonly unit: Unit; readonly values: number[] }>

export interface Material {
  /** Five million to watch. */
  readonly watched: Keys
  /** A million that are not among them. */
  readonly others: Keys
}

export interface Measured {
  readonly samples: Samples
  readonly wrong: string[]
}

/** Everything that is done in memory, once, with one subject. Never two of them at a time: five million strings are much. */
export function measure(name: string, make: MakeSubject, { watched, others }: Material, { samples, wrong }: Measured): void {
  const note = (row: string, unit: Unit, value: number): void => {
    const known = samples.get(row)
    if (known === undefined) samples.set(row, { unit, values: [value] })
    else known.values.push(value)
  }
  const timed = (row: string, run: () => void): void => note(row, 'ms', timeOf(run))
  const expect = (what: string, is: number, wanted: number): void => {
    if (is !== wanted) wrong.push(`${name}: ${what} is ${is}, not ${wanted}`)
  }
  const find = (subject: Subject, of: string): void => {
    const million = first(watched, MILLION)
    let [hits, misses] = [0, 0]
    timed(`find-hit${of}`, () => (hits = subject.countAll(million)))
    timed(`find-miss${of}`, () => (misses = subject.countAll(others)))
    expect(`find-hit${of}`, hits, MILLION)
    expect(`find-miss${of}`, misses, 0)
  }

  collectGarbage()
  const small = make()
  timed('build-1m', () => small.addAll(first(watched, MILLION)))
  note('bytes-1m', 'bytes', small.bytes() / MILLION)
  find(small, '')
  timed('add', () => small.addAll(others))
  expect('the size with a million more', small.size, 2 * MILLION)
  timed('remove', () => small.removeAll(others))
  expect('the size with a million less', small.size, MILLION)
  expect('what is left of what was removed', small.countAll(others), 0)
  expect('what is left of the rest', small.countAll(first(watched, MILLION)), MILLION)

  collectGarbage()
  const large = make()
  timed('build-5m', () => large.addAll(watched))
  note('bytes-5m', 'bytes', large.bytes() / watched.count)
  find(large, '-5m')
  expect('the size of five million', large.size, watched.count)
  expect('those found of five million', large.countAll(watched), watched.count)
}

/** Apart from the rest: reading the clock takes as long as an addition. */
export function measureGrowth(make: MakeSubject, { watched }: Material): number {
  collectGarbage()
  return make().longestAdd(watched)
}

export function timeOf(run: () => void): number {
  const started_ms = performance.now()
  run()
  return performance.now() - started_ms
}
