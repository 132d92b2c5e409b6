import { isAfter } from './cbor-writer.ts'
import { type Infer, type JsonValue, type Schema, SchemaError, located, within } from './schema.ts'

export function nullable<T>(inner: Schema<T>): Schema<T | null> {
  return {
    encode: (value) => (value === null ? null : inner.encode(value)),
    decode: (value) => (value === null ? null : inner.decode(value)),
    toJson: (value) => (value === null ? null : inner.toJson(value)),
    fromJson: (value) => (value === null ? null : inner.fromJson(value)),
  }
}

export function list<T>(item: Schema<T>, max: number, min = 0): Schema<T[]> {
  const check = (value: unknown): unknown[] => {
    if (!Array.isArray(value)) throw new SchemaError('malformed', 'expected a list')
    if (value.length < min || value.length > max) throw new SchemaError('over-limit', `expected ${min} to ${max} items`)
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
    encode: (value) => each(check(value) as T[], item.encode),
    decode: (value) => each(check(value), item.decode),
    toJson: (value) => each(check(value) as T[], item.toJson),
    fromJson: (value) => each(check(value), item.fromJson),
  }
}

type StructOf<F> = { [K in keyof F]: Infer<F[K]> }

/** A map with exactly these fields. */
export function struct<F extends { readonly [name: string]: unknown }>(fields: F): Schema<StructOf<F>> {
  const entries = Object.entries(fields) as [string, Schema<unknown>][]
  const names = new Set(entries.map(([name]) => name))
  /** As CBOR has them: the writer then finds them in order. */
  const written = entries.toSorted(([a], [b]) => (isAfter(a, b) ? 1 : -1))

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
  const read = (given: ReadonlyMap<unknown, unknown>, convert: (field: Schema<unknown>, value: unknown) => unknown) => {
    checkNames(given)
    const out: Record<string, unknown> = {}
    let at = ''
    try {
      for (const [name, field] of entries) {
        at = name
        out[name] = convert(field, given.get(name))
      }
      return out as StructOf<F>
    } catch (error) {
      throw located(error, at)
    }
  }
  const write = <O>(
    value: StructOf<F>,
    inOrder: typeof entries,
    convert: (field: Schema<unknown>, part: unknown) => O,
  ): Record<string, O> => {
    const out: Record<string, O> = {}
    let at = ''
    try {
      for (const [name, field] of inOrder) {
        at = name
        out[name] = convert(field, value[name])
      }
      return out
    } catch (error) {
      throw located(error, at)
    }
  }
  return {
    encode: (value) => write(value, written, (field, part) => field.encode(part)),
    decode: (value) => {
      if (!(value instanceof Map)) throw new SchemaError('malformed', 'expected a map')
      return read(value, (field, part) => field.decode(part))
    },
    toJson: (value) => write(value, entries, (field, part) => field.toJson(part)),
    fromJson: (value) => {
      if (!isJsonObject(value)) throw new SchemaError('malformed', 'expected an object')
      return read(new Map(Object.entries(value)), (field, part) => field.fromJson(part))
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
export function variant<const Tag extends string, V extends { readonly [word: string]: unknown }>(
  tag: Tag,
  cases: V,
): Schema<VariantOf<Tag, V>> {
  const caseOf = (word: unknown): Schema<Record<string, unknown>> => {
    if (typeof word !== 'string') throw new SchemaError('malformed', 'expected a word', [tag])
    if (!Object.hasOwn(cases, word)) throw new SchemaError('unknown-variant', 'unknown word', [tag])
    return cases[word] as Schema<Record<string, unknown>>
  }
  return {
    encode: (value) => {
      const { [tag]: word, ...rest } = value as Record<string, unknown>
      return { [tag]: word, ...(caseOf(word).encode(rest) as object) }
    },
    decode: (value) => {
      if (!(value instanceof Map)) throw new SchemaError('malformed', 'expected a map')
      const rest = new Map(value as ReadonlyMap<unknown, unknown>)
      rest.delete(tag)
      const word: unknown = value.get(tag)
      return { [tag]: word, ...caseOf(word).decode(rest) } as VariantOf<Tag, V>
    },
    toJson: (value) => {
      const { [tag]: word, ...rest } = value as Record<string, unknown>
      return { [tag]: word as string, ...(caseOf(word).toJson(rest) as Record<string, JsonValue>) }
    },
    fromJson: (value) => {
      if (!isJsonObject(value)) throw new SchemaError('malformed', 'expected an object')
      const { [tag]: word, ...rest } = value
      return { [tag]: word, ...caseOf(word).fromJson(rest) } as VariantOf<Tag, V>
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
    encode: (map) => pairs(map).map(([k, v]) => [key.encode(k), within(String(k), () => value.encode(v))]),
    decode: (given) => read(given, key.decode, value.decode),
    toJson: (map) => pairs(map).map(([k, v]) => [key.toJson(k), value.toJson(v)]),
    fromJson: (given) => read(given, key.fromJson, value.fromJson),
  }
}

/** Entries in the order of their keys, so that a restored state walks its maps as the one that wrote them did. */
export function sortedEntries<K extends string | number, T>(map: ReadonlyMap<K, T>): [K, T][] {
  return [...map.entries()].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
