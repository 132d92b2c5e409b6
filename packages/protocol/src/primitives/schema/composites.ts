import { UNUSUAL } from './cbor-reader.ts'
import { isAfter, writeListHead, writeNull, writePlain, writeRaw, writeRecordHead, written } from './cbor-writer.ts'
import { literal } from './scalars.ts'
import { type Infer, type JsonValue, type Schema, SchemaError, located, within } from './schema.ts'

export function nullable<T>(inner: Schema<T>): Schema<T | null> {
  return {
    write: (value) => {
      if (value === null) writeNull()
      else inner.write(value)
    },
    read: (reader) => (reader.takeNull() ? null : inner.read(reader)),
    decode: (value) => (value === null ? null : inner.decode(value)),
    toJson: (value) => (value === null ? null : inner.toJson(value)),
    fromJson: (value) => (value === null ? null : inner.fromJson(value)),
  }
}

export function list<T>(item: Schema<T>, max: number, min = 0): Schema<T[]> {
  const checkLength = (length: number): void => {
    if (length < min || length > max) throw new SchemaError('over-limit', `expected ${min} to ${max} items`)
  }
  const check = (value: unknown): unknown[] => {
    if (!Array.isArray(value)) throw new SchemaError('malformed', 'expected a list')
    checkLength(value.length)
    return value
  }
  const each = <I, O>(values: readonly I[], convert: (value: I) => O): O[] => {
    // One handler around the whole: a closure for each item would cost more than the item.
    let at = 0
    try {
      const out: O[] = []
      for (; at < values.length; at++) out.push(convert(values[at] as I))
      return out
    } catch (error) {
      throw located(error, String(at))
    }
  }
  return {
    write: (value) => {
      check(value)
      writeListHead(value.length)
      each(value, item.write)
    },
    read: (reader) => {
      const length = reader.listLength()
      checkLength(length)
      const out: T[] = []
      for (let at = 0; at < length; at++) out.push(item.read(reader))
      return out
    },
    decode: (value) => each(check(value), item.decode),
    toJson: (value) => each(check(value) as T[], item.toJson),
    fromJson: (value) => each(check(value), item.fromJson),
  }
}

type StructOf<F> = { [K in keyof F]: Infer<F[K]> }

/** Tells its fields, for a variant puts the word before them. */
export interface Struct<F> extends Schema<StructOf<F>> {
  readonly fields: F
}

interface Field {
  readonly name: string
  readonly schema: Schema<unknown>
  /** The name as CBOR. */
  readonly key: Uint8Array
}

/** A map with exactly these fields. */
export function struct<F extends { readonly [name: string]: unknown }>(fields: F): Struct<F> {
  const entries = Object.entries(fields) as [string, Schema<unknown>][]
  const names = new Set(entries.map(([name]) => name))
  const inOrder: readonly Field[] = entries
    .toSorted(([a], [b]) => (isAfter(a, b) ? 1 : -1))
    .map(([name, schema]) => ({ name, schema, key: written(writePlain, name) }))

  /** So that a value has its fields in the same order wherever it was read from: some are compared, and shown, as JSON. */
  const blank: Record<string, unknown> = Object.fromEntries(entries.map(([name]) => [name, undefined]))

  const checkNames = (given: ReadonlyMap<unknown, unknown>): void => {
    // As many, and none of mine missing: there is no other.
    if (given.size === entries.length && entries.every(([name]) => given.has(name))) return
    // First, for what a later version added may have changed what the other fields mean.
    for (const name of given.keys()) {
      if (typeof name !== 'string') throw new SchemaError('malformed', 'expected names as keys')
      if (!names.has(name)) throw new SchemaError('unknown-field', 'unknown field', [name.slice(0, 64)])
    }
    for (const [name] of entries) {
      if (!given.has(name)) throw new SchemaError('missing-field', 'missing', [name])
    }
  }
  const each = <O>(valueOf: (name: string) => unknown, convert: (field: Schema<unknown>, value: unknown) => O): Record<string, O> => {
    const out: Record<string, O> = {}
    let at = ''
    try {
      for (const [name, field] of entries) {
        at = name
        out[name] = convert(field, valueOf(name))
      }
      return out
    } catch (error) {
      throw located(error, at)
    }
  }
  const parse = (given: ReadonlyMap<unknown, unknown>, convert: (field: Schema<unknown>, value: unknown) => unknown) => {
    checkNames(given)
    return each((name) => given.get(name), convert) as StructOf<F>
  }
  return {
    fields,
    write: (value) => {
      writeRecordHead(inOrder.length)
      let at = ''
      try {
        for (const { name, schema, key } of inOrder) {
          at = name
          writeRaw(key)
          schema.write(value[name])
        }
      } catch (error) {
        throw located(error, at)
      }
    },
    read: (reader) => {
      if (reader.recordLength() !== inOrder.length) throw UNUSUAL
      const out: Record<string, unknown> = Object.assign({}, blank)
      for (const { name, schema, key } of inOrder) {
        reader.take(key)
        out[name] = schema.read(reader)
      }
      return out as StructOf<F>
    },
    decode: (value) => {
      if (!(value instanceof Map)) throw new SchemaError('malformed', 'expected a map')
      return parse(value, (field, part) => field.decode(part))
    },
    toJson: (value) => each<JsonValue>((name) => value[name], (field, part) => field.toJson(part)),
    fromJson: (value) => {
      if (!isJsonObject(value)) throw new SchemaError('malformed', 'expected an object')
      return parse(new Map(Object.entries(value)), (field, part) => field.fromJson(part))
    },
  }
}

type VariantOf<Tag extends string, V> = {
  [K in keyof V]: { readonly [T in Tag]: K } & Infer<V[K]>
}[keyof V]

/**
 * A union told apart by the word in the field `tag`; `cases` gives the other fields of each.
 * A word outside the union is `unknown-variant`.
 */
export function variant<const Tag extends string, V extends { readonly [word: string]: { readonly fields: object } }>(
  tag: Tag,
  cases: V,
): Schema<VariantOf<Tag, V>> {
  const key = written(writePlain, tag)
  const structs = new Map<string, Schema<Record<string, unknown>>>()
  for (const [word, { fields }] of Object.entries(cases)) {
    const all: Record<string, unknown> = { [tag]: literal(word), ...fields }
    structs.set(word, struct(all as Record<string, Schema<unknown>>))
  }
  const caseOf = (word: unknown): Schema<Record<string, unknown>> => {
    if (typeof word !== 'string') throw new SchemaError('malformed', 'expected a word', [tag])
    const found = structs.get(word)
    if (found === undefined) throw new SchemaError('unknown-variant', 'unknown word', [tag])
    return found
  }
  return {
    write: (value) => caseOf(value[tag]).write(value),
    read: (reader) => caseOf(reader.wordOf(key)).read(reader) as VariantOf<Tag, V>,
    decode: (value) => {
      if (!(value instanceof Map)) throw new SchemaError('malformed', 'expected a map')
      return caseOf(value.get(tag)).decode(value) as VariantOf<Tag, V>
    },
    toJson: (value) => caseOf(value[tag]).toJson(value),
    fromJson: (value) => {
      if (!isJsonObject(value)) throw new SchemaError('malformed', 'expected an object')
      return caseOf(value[tag]).fromJson(value) as VariantOf<Tag, V>
    },
  }
}

/** A bounded Map. Written as [key, value] pairs in the order of its keys, whatever order they were inserted in. */
export function dict<K extends string | number, T>(key: Schema<K>, value: Schema<T>, max: number): Schema<Map<K, T>> {
  const pairs = (map: ReadonlyMap<K, T>): [K, T][] => {
    if (map.size > max) throw new SchemaError('over-limit', `expected at most ${max} entries`)
    return sortedEntries(map)
  }
  const read = (given: unknown, readKey: (k: unknown) => K, readValue: (v: unknown) => T): Map<K, T> => {
    if (!Array.isArray(given)) throw new SchemaError('malformed', 'expected pairs')
    if (given.length > max) throw new SchemaError('over-limit', `expected at most ${max} entries`)
    const map = new Map<K, T>()
    for (const pair of given as unknown[]) {
      if (!Array.isArray(pair) || pair.length !== 2) throw new SchemaError('malformed', 'expected pairs')
      const k = readKey(pair[0])
      if (map.has(k)) throw new SchemaError('malformed', 'expected each key once', [String(k)])
      map.set(k, within(String(k), () => readValue(pair[1])))
    }
    return map
  }
  return {
    write: (map) => {
      const all = pairs(map)
      writeListHead(all.length)
      for (const [k, v] of all) {
        writeListHead(2)
        key.write(k)
        within(String(k), () => value.write(v))
      }
    },
    read: (reader) => {
      const length = reader.listLength()
      if (length > max) throw UNUSUAL
      const map = new Map<K, T>()
      let last: K | null = null
      for (let left = length; left > 0; left--) {
        if (reader.listLength() !== 2) throw UNUSUAL
        const k = key.read(reader)
        if (last !== null && !(k > last)) throw UNUSUAL
        map.set(k, value.read(reader))
        last = k
      }
      return map
    },
    decode: (given) => read(given, key.decode, value.decode),
    toJson: (map) => pairs(map).map(([k, v]) => [key.toJson(k), value.toJson(v)]),
    fromJson: (given) => read(given, key.fromJson, value.fromJson),
  }
}

/** Entries in the order of their keys, so that a restored state walks its maps as the one that wrote them did. */
export function sortedEntries<K extends string | number, T>(map: ReadonlyMap<K, T>): [K, T][] {
  const entries = [...map]
  // Most maps have one entry or none, and are asked for again and again.
  return entries.length < 2 ? entries : entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
