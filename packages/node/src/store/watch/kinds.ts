import { LOCATOR_BYTES, MAX_SCRIPT_BYTES, OUTPOINT_BYTES, type WatchSet } from '../../chain/watch-set/index.ts'

export type WatchKind = 'outpoint' | 'script' | 'txid-locator' | 'hashed-locator'

/** How entries of a kind are named on disk, and put into their table. */
export interface KindFormat {
  readonly kind: WatchKind
  /** In the keys of rows. Never given to another kind. */
  readonly code: number
  /** Of every entry; null: they differ, and each comes after its length. */
  readonly entry_bytes: number | null
  readonly max_bytes: number
  readonly sizeOf: (set: WatchSet) => number
  readonly reserve: (set: WatchSet, capacity: number) => void
  readonly add: (set: WatchSet, view: DataView, offset: number, length: number) => number
  readonly find: (set: WatchSet, view: DataView, offset: number, length: number) => number
  readonly remove: (set: WatchSet, id: number) => void
  readonly ids: (set: WatchSet) => Iterable<number>
  /** A copy of the entry, or the same array with other bytes in it. */
  readonly keyOf: (set: WatchSet, id: number) => Uint8Array
}

const OUTPOINTS: KindFormat = {
  kind: 'outpoint',
  code: 0,
  entry_bytes: OUTPOINT_BYTES,
  max_bytes: OUTPOINT_BYTES,
  sizeOf: ({ outpoints }) => outpoints.size,
  reserve: ({ outpoints }, capacity) => outpoints.reserve(capacity),
  add: ({ outpoints }, view, offset) => outpoints.add(view, offset),
  find: ({ outpoints }, view, offset) => outpoints.find(view, offset),
  remove: ({ outpoints }, id) => outpoints.remove(id),
  ids: ({ outpoints }) => outpoints.ids(),
  keyOf: ({ outpoints }, id) => copied(outpoints, id, OUTPOINT_BYTES),
}

const SCRIPTS: KindFormat = {
  kind: 'script',
  code: 1,
  entry_bytes: null,
  max_bytes: MAX_SCRIPT_BYTES,
  sizeOf: ({ scripts }) => scripts.size,
  reserve: ({ scripts }, capacity) => scripts.reserve(capacity),
  add: ({ scripts }, view, offset, length) => scripts.addAt(view, offset, length),
  find: ({ scripts }, view, offset, length) => scripts.find(view, offset, length),
  remove: ({ scripts }, id) => scripts.remove(id),
  ids: ({ scripts }) => scripts.ids(),
  keyOf: ({ scripts }, id) => scripts.scriptOf(id),
}

function locators(kind: WatchKind, code: number, table: 'txidLocators' | 'hashedLocators'): KindFormat {
  return {
    kind,
    code,
    entry_bytes: LOCATOR_BYTES,
    max_bytes: LOCATOR_BYTES,
    sizeOf: (set) => set[table].size,
    reserve: (set, capacity) => set[table].reserve(capacity),
    add: (set, view, offset) => set[table].addAt(view, offset),
    find: (set, view, offset) => set[table].find(view, offset),
    remove: (set, id) => set[table].remove(id),
    ids: (set) => set[table].ids(),
    keyOf: (set, id) => copied(set[table], id, LOCATOR_BYTES),
  }
}

/** In the order of their codes. */
export const KIND_FORMATS: readonly KindFormat[] = [
  OUTPOINTS,
  SCRIPTS,
  locators('txid-locator', 2, 'txidLocators'),
  locators('hashed-locator', 3, 'hashedLocators'),
]

export function formatOf(kind: WatchKind): KindFormat {
  const format = KIND_FORMATS.find((one) => one.kind === kind)
  if (format === undefined) throw new RangeError(`nothing is watched by ${kind}`)
  return format
}

interface Copying {
  copyKey(id: number, into: Uint8Array, at: number): void
}

function copied(table: Copying, id: number, bytes: number): Uint8Array {
  const key = new Uint8Array(bytes)
  table.copyKey(id, key, 0)
  return key
}
