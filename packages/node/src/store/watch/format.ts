/**
 * How what is watched lies on disk:
 *
 *   02 ‖ kind (1) ‖ number (4)   → entries, one after the other      a segment
 *   03 ‖ kind (1) ‖ entry        → 01 watched, 00 not                the tail
 *
 * An entry of a kind whose lengths differ (scripts) comes in a segment after its length (2). Numbers are big-endian.
 *
 * What the tail says of an entry holds, whatever the segments say; an entry may be in several of them. So the order of
 * changes is nowhere written down, and what is written twice says the same as once.
 */
import type { Rider } from '@belfry/runtime'
import { StoreError } from '../errors.ts'
import { KEY_SPACES } from '../rows.ts'
import type { StoredRow } from '../store.ts'
import { KIND_FORMATS, type KindFormat } from './kinds.ts'

/** 4,096 outpoints: few enough segments to be read at once, small enough for a batch to be written in a moment. */
export const SEGMENT_BYTES = 4_096 * 36

/** Of small rows, in one batch. */
export const RIDERS_PER_BATCH = 4_096

const LENGTH_BYTES = 2
const WATCHED = Uint8Array.of(1)
const NOT_WATCHED = Uint8Array.of(0)

export const SEGMENTS = Uint8Array.of(KEY_SPACES.watchSegments)
export const TAIL = Uint8Array.of(KEY_SPACES.watchTail)

export function segmentsOf({ code }: KindFormat): Uint8Array {
  return Uint8Array.of(KEY_SPACES.watchSegments, code)
}

export function tailOf({ code }: KindFormat): Uint8Array {
  return Uint8Array.of(KEY_SPACES.watchTail, code)
}

export function segmentKey(format: KindFormat, number: number): Uint8Array {
  const key = new Uint8Array(6)
  key.set(segmentsOf(format))
  viewOf(key).setUint32(2, number)
  return key
}

/** @throws StoreError store-damaged */
export function readSegmentKey(key: Uint8Array): { readonly format: KindFormat; readonly number: number } {
  if (key.length !== 6) throw damaged('a segment of what is watched has a key of another length')
  return { format: readKind(key), number: viewOf(key).getUint32(2) }
}

/** @throws RangeError for bytes that are no entry of this kind */
export function tailKey(format: KindFormat, entry: Uint8Array): Uint8Array {
  assertEntry(format, entry)
  const key = new Uint8Array(2 + entry.length)
  key.set(tailOf(format))
  key.set(entry, 2)
  return key
}

export function tailRider(format: KindFormat, entry: Uint8Array, watched: boolean): Rider {
  return { key: tailKey(format, entry), value: watched ? WATCHED : NOT_WATCHED }
}

/** @throws StoreError store-damaged */
export function readTailRow({ key, value }: StoredRow): TailRow {
  const format = readKind(key)
  const entry = key.subarray(2)
  if (!isEntry(format, entry)) throw damaged('the tail of what is watched names no entry')
  if (value.length !== 1 || (value[0] ?? 2) > 1) throw damaged('the tail of what is watched does not say whether')
  return { format, entry, watched: value[0] === 1 }
}

export interface TailRow {
  readonly format: KindFormat
  readonly entry: Uint8Array
  readonly watched: boolean
}

/** Collects entries of one kind for a segment, and then for the next. */
export class Packer {
  private readonly format: KindFormat
  private readonly body = new Uint8Array(SEGMENT_BYTES)
  private number: number
  private used = 0

  /** @param number that of the first segment */
  constructor(format: KindFormat, number: number) {
    this.format = format
    this.number = number
  }

  get bytes(): number {
    return this.used
  }

  fits(entry: Uint8Array): boolean {
    return this.used + this.prefixBytes() + entry.length <= SEGMENT_BYTES
  }

  /**
   * Of an entry that fits.
   * @throws RangeError for bytes that are no entry of this kind
   */
  push(entry: Uint8Array): void {
    assertEntry(this.format, entry)
    const prefix = this.prefixBytes()
    if (prefix > 0) viewOf(this.body).setUint16(this.used, entry.length)
    this.body.set(entry, this.used + prefix)
    this.used += prefix + entry.length
  }

  /** The segment; no row where nothing was collected. It is empty afterwards. */
  take(): Rider[] {
    if (this.used === 0) return []
    const rider = { key: segmentKey(this.format, this.number), value: this.body.slice(0, this.used) }
    this.number++
    this.used = 0
    return [rider]
  }

  private prefixBytes(): number {
    return this.format.entry_bytes === null ? LENGTH_BYTES : 0
  }
}

/**
 * How many entries a segment has.
 * @throws StoreError store-damaged
 */
export function entriesIn({ entry_bytes, max_bytes }: KindFormat, body: Uint8Array): number {
  if (entry_bytes !== null) {
    if (body.length % entry_bytes > 0) throw damaged('a segment of what is watched ends within an entry')
    return body.length / entry_bytes
  }
  const view = viewOf(body)
  let count = 0
  let at = 0
  for (; at + LENGTH_BYTES <= body.length; count++) {
    const length = view.getUint16(at)
    if (length > max_bytes) throw damaged('a segment of what is watched has too long an entry')
    at += LENGTH_BYTES + length
  }
  if (at !== body.length) throw damaged('a segment of what is watched ends within an entry')
  return count
}

/**
 * Shows each entry of a segment in turn, and gives their number.
 * @throws StoreError store-damaged, before anything is shown
 */
export function readSegment(
  format: KindFormat,
  body: Uint8Array,
  visit: (view: DataView, offset: number, length: number) => void,
): number {
  const count = entriesIn(format, body)
  const { entry_bytes } = format
  const view = viewOf(body)
  let at = 0
  for (let entry = 0; entry < count; entry++) {
    if (entry_bytes === null) at += LENGTH_BYTES
    const length = entry_bytes ?? view.getUint16(at - LENGTH_BYTES)
    visit(view, at, length)
    at += length
  }
  return count
}

function readKind(key: Uint8Array): KindFormat {
  const format = KIND_FORMATS[key[1] ?? -1]
  if (format === undefined) throw damaged('what is watched is of an unknown kind')
  return format
}

function assertEntry(format: KindFormat, entry: Uint8Array): void {
  if (!isEntry(format, entry)) throw new RangeError(`no ${format.kind} has ${entry.length} bytes`)
}

function isEntry({ entry_bytes, max_bytes }: KindFormat, entry: Uint8Array): boolean {
  return entry_bytes === null ? entry.length <= max_bytes : entry.length === entry_bytes
}

function damaged(what: string): StoreError {
  return new StoreError('store-damaged', what)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
