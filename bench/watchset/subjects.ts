/** Our table and its peer, a `Set` of strings, behind one face. */
import { OutpointTable } from '../../packages/node/src/chain/watch-set/index.ts'
import { heapAfterCollection } from './heap.ts'
import { KEY_BYTES, type Keys } from './keys.ts'

export interface Subject {
  readonly size: number
  /** Of memory. */
  readonly bytes: () => number
  readonly addAll: (keys: Keys) => void
  readonly removeAll: (keys: Keys) => void
  /** How many of them it holds. */
  readonly countAll: (keys: Keys) => number
  /** The same as `addAll`; gives the longest time that one took, in milliseconds. */
  readonly longestAdd: (keys: Keys) => number
}

export type MakeSubject = () => Subject

export function ours(): Subject {
  const table = new OutpointTable()
  return {
    get size() {
      return table.size
    },
    bytes: () => table.bytes,
    addAll: ({ view }) => {
      for (let at = 0; at < view.byteLength; at += KEY_BYTES) table.add(view, at)
    },
    removeAll: ({ view }) => {
      for (let at = 0; at < view.byteLength; at += KEY_BYTES) table.remove(table.find(view, at))
    },
    countAll: ({ view }) => {
      let found = 0
      for (let at = 0; at < view.byteLength; at += KEY_BYTES) if (table.find(view, at) >= 0) found++
      return found
    },
    longestAdd: ({ view }) => {
      let longest_ms = 0
      for (let at = 0; at < view.byteLength; at += KEY_BYTES) {
        const started_ms = performance.now()
        table.add(view, at)
        longest_ms = Math.max(longest_ms, performance.now() - started_ms)
      }
      return longest_ms
    },
  }
}

/** One byte a character, which is the least that a string takes. */
export function setOfStrings(): Subject {
  const before = heapAfterCollection()
  const set = new Set<string>()
  const each = ({ bytes }: Keys, visit: (key: string) => void): void => {
    for (let at = 0; at < bytes.length; at += KEY_BYTES) visit(bytes.toString('latin1', at, at + KEY_BYTES))
  }
  return {
    get size() {
      return set.size
    },
    bytes: () => heapAfterCollection() - before,
    addAll: (keys) => each(keys, (key) => set.add(key)),
    removeAll: (keys) => each(keys, (key) => set.delete(key)),
    countAll: (keys) => {
      let found = 0
      each(keys, (key) => {
        if (set.has(key)) found++
      })
      return found
    },
    longestAdd: (keys) => {
      let longest_ms = 0
      each(keys, (key) => {
        const started_ms = performance.now()
        set.add(key)
        longest_ms = Math.max(longest_ms, performance.now() - started_ms)
      })
      return longest_ms
    },
  }
}
