/** A second durable state of one member's life: what its log holds, brought on by the bytes of each record that is appended to it. */
import type { BelfryCore, Durable, LogRecord } from '@belfry/protocol'
import { fromCbor } from '@belfry/protocol/primitives'
import { HEADER_INDEX, type LogEntry } from '@belfry/runtime'
import { type Depth, WHOLE, differenceOf } from './same.ts'

/**
 * `news`: quick, and of vaults and incidents only those parts that the records since the last look are about. `quick`: without what
 * never changes while it is held, which is most of a state (manifests, envelopes and orders, as they came and as they are read), and
 * with the ends of lists, which grow there, and of bytes, for what is signed ends with its signature.
 */
export type Look = 'news' | 'quick' | 'whole'

const QUICK: Depth = { skipped: new Set(['signed', 'manifest', 'envelopes', 'shares', 'command']), list_end: 4, bytes_end: 32 }

/** All but these two is looked at in no time. */
type Part = 'vaults' | 'incidents'
const BEFORE_VAULTS: Depth = { ...QUICK, skipped: new Set([...QUICK.skipped, 'vaults']) }
const BEFORE_INCIDENTS: Depth = { ...QUICK, skipped: new Set([...QUICK.skipped, 'incidents']) }
const BEFORE_BOTH: Depth = { ...QUICK, skipped: new Set([...QUICK.skipped, 'vaults', 'incidents']) }

export class Shadow {
  readonly #durable: Durable
  #index: number
  /** What the records since the last look are about. */
  readonly #touched = new Set<Part>()

  /** @param durable is copied @param index of the last record in it */
  constructor(durable: Durable, index: number) {
    this.#durable = copyOf(durable)
    this.#index = index
  }

  /** Of the last record that was appended. */
  get index(): number {
    return this.#index
  }

  /** @throws where a record does not decode, or contradicts those before it */
  append(core: BelfryCore, entries: readonly LogEntry[]): void {
    for (const { index, bytes } of entries) {
      if (index !== HEADER_INDEX) this.#apply(core, fromCbor(core.record, bytes))
      this.#index = index
    }
  }

  #apply(core: BelfryCore, record: LogRecord): void {
    core.apply(this.#durable, record)
    if ('incident_id' in record) this.#touched.add('incidents')
    if ('vault_id' in record || 'signed' in record || (record.record === 'chain' && 'outpoint' in record.fact)) this.#touched.add('vaults')
  }

  /** Where a state is another; null where it is not, or only in what such a look leaves out. */
  differenceOf(durable: Durable, look: Look): string | null {
    const where = differenceOf(durable, this.#durable, this.#depthOf(look))
    this.#touched.clear()
    return where
  }

  #depthOf(look: Look): Depth {
    if (look === 'whole') return WHOLE
    if (look === 'quick') return QUICK
    if (this.#touched.has('vaults')) return this.#touched.has('incidents') ? QUICK : BEFORE_INCIDENTS
    return this.#touched.has('incidents') ? BEFORE_VAULTS : BEFORE_BOTH
  }
}

/** Shares nothing with what it is a copy of. */
function copyOf<T>(value: T): T
function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (value instanceof Map) return new Map([...(value as Map<unknown, unknown>)].map(([key, part]) => [key, copyOf(part)]))
  if (Array.isArray(value)) return value.map(copyOf)
  const copy: Record<string, unknown> = { ...value }
  for (const name of Object.keys(copy)) copy[name] = copyOf(copy[name])
  return copy
}
