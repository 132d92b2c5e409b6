import type { LogIndex } from '../log/entry.ts'
import type { InputClass } from './input-class.ts'
import { perClass } from './queues.ts'

/** Since the loop was made, but for the last three. */
export interface LoopCounters {
  readonly turns: number
  readonly ticks: number
  /** Inputs given to the core. */
  readonly inputs: Readonly<Record<InputClass, number>>
  /** Offers refused: no room, or the loop had ended. */
  readonly refused: Readonly<Record<InputClass, number>>
  /** Synced batches: of one turn, or of several of which only the last had effects that wait. */
  readonly batches: number
  readonly records: number
  readonly record_bytes: number
  readonly largest_batch_entries: number
  readonly largest_batch_bytes: number
  readonly snapshots: number
  readonly effects_after_durable: number
  readonly effects_immediate: number
  readonly queued: Readonly<Record<InputClass, number>>
  /** The last entry known to be on disk. */
  readonly durable_index: LogIndex
  readonly status: LoopStatus
}

export type LoopStatus = 'running' | 'stopped' | 'failed'

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends number ? number : Record<InputClass, number> }

export type Tally = Mutable<Omit<LoopCounters, 'queued' | 'durable_index' | 'status'>>

export function newTally(): Tally {
  return {
    turns: 0,
    ticks: 0,
    inputs: perClass(() => 0),
    refused: perClass(() => 0),
    batches: 0,
    records: 0,
    record_bytes: 0,
    largest_batch_entries: 0,
    largest_batch_bytes: 0,
    snapshots: 0,
    effects_after_durable: 0,
    effects_immediate: 0,
  }
}
