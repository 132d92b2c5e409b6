/** Finds every collection in a state, however deep, so that none can be forgotten where limits are looked at. */

export interface Collection {
  /** Field names from the root; an entry of a collection is a `*`. */
  readonly path: string
  readonly value: { readonly size: number; readonly limit?: number }
}

/** Those that stand in fields, and in fields of plain objects in fields: what a state is made of once and keeps. */
export function standingCollections(root: object, path = ''): Collection[] {
  return Object.entries(root).flatMap(([name, value]: [string, unknown]): Collection[] => {
    const here = path === '' ? name : `${path}.${name}`
    if (isCollection(value)) return [{ path: here, value }]
    if (Array.isArray(value)) return [{ path: here, value: listOf(value) }]
    return isPlain(value) ? standingCollections(value, here) : []
  })
}

/** A list as a collection: its length now and later. */
function listOf(list: readonly unknown[]): Collection['value'] {
  return {
    get size() {
      return list.length
    },
  }
}

/** With those inside the entries of others; without lists, which in entries are what messages brought within their schemas. */
export function allCollections(root: object): Collection[] {
  const found: Collection[] = []
  const visit = (value: unknown, path: string): void => {
    if (isCollection(value)) {
      found.push({ path, value })
      for (const entry of entriesOf(value)) visit(entry, `${path}.*`)
    } else if (isPlain(value)) {
      for (const [name, part] of Object.entries(value)) visit(part, path === '' ? name : `${path}.${name}`)
    }
  }
  visit(root, '')
  return found
}

function isCollection(value: unknown): value is Collection['value'] {
  return typeof value === 'object' && value !== null && 'size' in value && typeof value.size === 'number' && !ArrayBuffer.isView(value)
}

function entriesOf(value: object): unknown[] {
  if (value instanceof Map) return [...(value as Map<unknown, unknown>).values()]
  if (!('entries' in value) || typeof value.entries !== 'function') return []
  return [...(value.entries() as Iterable<readonly [unknown, unknown]>)].map(([, entry]) => entry)
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
