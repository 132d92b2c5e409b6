import type { TableInit } from '../../../src/chain/watch-set/index.ts'
import { LocatorTable, OutpointTable, ScriptTable } from '../../../src/chain/watch-set/index.ts'

/** Numbers that follow from a seed (mulberry32): a failure comes again. */
export class Seeded {
  private state: number

  constructor(seed: number) {
    this.state = seed
  }

  readonly word = (): number => {
    this.state = this.state + 0x6d2b_79f5 | 0
    let mixed = Math.imul(this.state ^ this.state >>> 15, this.state | 1)
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61)
    return (mixed ^ mixed >>> 14) >>> 0
  }

  readonly draw = (words: Uint32Array): void => {
    for (let i = 0; i < words.length; i++) words[i] = this.word()
  }

  below(end: number): number {
    return this.word() % end
  }

  bytes(length: number): Uint8Array {
    const words = new Uint32Array(Math.ceil(length / 4))
    this.draw(words)
    return new Uint8Array(words.buffer, 0, length)
  }
}

/** What the tables have in common, by whole keys. */
export interface Table {
  readonly size: number
  readonly bytes: number
  readonly limit: number
  add(key: Uint8Array): number
  find(key: Uint8Array): number
  keyOf(id: number): Uint8Array
  remove(id: number): void
  ids(): Iterable<number>
  reserve(capacity: number): void
  settle(): void
}

export interface TableKind {
  readonly name: string
  readonly create: (init?: TableInit) => Table
  /** Of any length that the table takes. */
  readonly key: (seeded: Seeded) => Uint8Array
  /** Of the commonest length. */
  readonly common: (seeded: Seeded) => Uint8Array
}

/** In the middle of other bytes, at an odd offset, and at the very end. */
function placed(key: Uint8Array): { readonly view: DataView; readonly offset: number } {
  const offset = 1 + key.length % 7
  const around = new Uint8Array(offset + key.length).fill(0xa5)
  around.set(key, offset)
  return { view: new DataView(around.buffer), offset }
}

function outpoints(init?: TableInit): Table {
  const table = new OutpointTable(init)
  return withKeys(table, {
    add: (key) => {
      const { view, offset } = placed(key)
      return table.add(view, offset)
    },
    find: (key) => {
      const { view, offset } = placed(key)
      return table.find(view, offset)
    },
    keyOf: (id) => copied(table, id, 36),
  })
}

function locators(init?: TableInit): Table {
  const table = new LocatorTable(init)
  return withKeys(table, {
    add: (key) => table.add(key),
    find: (key) => {
      const { view, offset } = placed(key)
      return table.find(view, offset)
    },
    keyOf: (id) => copied(table, id, 16),
  })
}

function scripts(init?: TableInit): Table {
  const table = new ScriptTable(init)
  return withKeys(table, {
    add: (key) => table.add(key),
    find: (key) => {
      const { view, offset } = placed(key)
      return table.find(view, offset, key.length)
    },
    keyOf: (id) => table.scriptOf(id),
  })
}

function copied(table: OutpointTable | LocatorTable, id: number, bytes: number): Uint8Array {
  const around = new Uint8Array(bytes + 3)
  table.copyKey(id, around, 2)
  return around.slice(2, 2 + bytes)
}

function withKeys(
  table: OutpointTable | LocatorTable | ScriptTable,
  byKey: Pick<Table, 'add' | 'find' | 'keyOf'>,
): Table {
  return {
    ...byKey,
    get size() {
      return table.size
    },
    get bytes() {
      return table.bytes
    },
    get limit() {
      return table.limit
    },
    remove: (id) => table.remove(id),
    ids: () => table.ids(),
    reserve: (capacity) => table.reserve(capacity),
    settle: () => table.settle(),
  }
}

const SCRIPT_LENGTHS = [0, 1, 2, 3, 4, 5, 20, 22, 22, 22, 23, 25, 34, 34, 34, 35, 36, 37, 38, 67, 71, 105, 3_000, 9_999, 10_000]

export const TABLES: readonly TableKind[] = [
  { name: 'OutpointTable', create: outpoints, key: (seeded) => seeded.bytes(36), common: (seeded) => seeded.bytes(36) },
  { name: 'LocatorTable', create: locators, key: (seeded) => seeded.bytes(16), common: (seeded) => seeded.bytes(16) },
  {
    name: 'ScriptTable',
    create: scripts,
    key: (seeded) => seeded.bytes(SCRIPT_LENGTHS[seeded.below(SCRIPT_LENGTHS.length)] ?? 22),
    common: (seeded) => seeded.bytes(22),
  },
]
