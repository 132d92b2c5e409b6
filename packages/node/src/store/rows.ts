/**
 * How the log lies in level:
 *
 *   00               → checksum (4) ‖ index (8) ‖ bytes    the snapshot
 *   01 ‖ index (8)   → checksum (4) ‖ bytes                an entry
 *
 * Numbers are big-endian, so that level's order is the log's. The checksum is a CRC-32 over key and the rest of the value:
 * classic-level does not verify the ones that leveldb keeps, and a flipped bit inside a signature still decodes.
 */
import { crc32 } from 'node:zlib'
import { type LogEntry, type LogIndex, type LogSnapshot, logIndex } from '@belfry/runtime'
import { StoreError } from './errors.ts'

const SNAPSHOT = 0
const ENTRY = 1
const INDEX_BYTES = 8
const CHECKSUM_BYTES = 4

export const SNAPSHOT_KEY = Uint8Array.of(SNAPSHOT)
/** What a row takes beyond the bytes given. */
export const ROW_OVERHEAD_BYTES = CHECKSUM_BYTES + INDEX_BYTES

export type Row =
  | { readonly kind: 'snapshot'; readonly snapshot: LogSnapshot }
  | { readonly kind: 'entry'; readonly entry: LogEntry }

export function entryKey(index: LogIndex): Uint8Array {
  const key = new Uint8Array(1 + INDEX_BYTES)
  key[0] = ENTRY
  writeIndex(key, 1, index)
  return key
}

export function entryValue(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const value = new Uint8Array(CHECKSUM_BYTES + bytes.length)
  value.set(bytes, CHECKSUM_BYTES)
  return sealed(key, value)
}

export function snapshotValue(index: LogIndex, bytes: Uint8Array): Uint8Array {
  const value = new Uint8Array(CHECKSUM_BYTES + INDEX_BYTES + bytes.length)
  writeIndex(value, CHECKSUM_BYTES, index)
  value.set(bytes, CHECKSUM_BYTES + INDEX_BYTES)
  return sealed(SNAPSHOT_KEY, value)
}

/** @throws StoreError `store-foreign` for a key that is none of ours, `store-damaged` where the checksum does not match */
export function readRow(key: Uint8Array, value: Uint8Array): Row {
  const kind = key[0]
  if (kind === SNAPSHOT && key.length === 1) {
    const body = unsealed(key, value, INDEX_BYTES)
    return { kind: 'snapshot', snapshot: { index: readIndex(body, 0), bytes: body.subarray(INDEX_BYTES) } }
  }
  if (kind === ENTRY && key.length === 1 + INDEX_BYTES) {
    return { kind: 'entry', entry: { index: readIndex(key, 1), bytes: unsealed(key, value, 0) } }
  }
  throw new StoreError('store-foreign', 'the database holds something else than a log')
}

function sealed(key: Uint8Array, value: Uint8Array): Uint8Array {
  viewOf(value).setUint32(0, checksum(key, value))
  return value
}

function unsealed(key: Uint8Array, value: Uint8Array, min_bytes: number): Uint8Array {
  if (value.length < CHECKSUM_BYTES + min_bytes || viewOf(value).getUint32(0) !== checksum(key, value)) {
    throw new StoreError('store-damaged', 'a row of the store fails its checksum')
  }
  // A plain array, not the Buffer that level hands out: what is decoded from it compares and prints as everywhere else.
  return new Uint8Array(value.buffer, value.byteOffset + CHECKSUM_BYTES, value.length - CHECKSUM_BYTES)
}

function checksum(key: Uint8Array, value: Uint8Array): number {
  return crc32(value.subarray(CHECKSUM_BYTES), crc32(key))
}

function writeIndex(target: Uint8Array, offset: number, index: LogIndex): void {
  viewOf(target).setBigUint64(offset, BigInt(index))
}

function readIndex(bytes: Uint8Array, offset: number): LogIndex {
  const index = viewOf(bytes).getBigUint64(offset)
  if (index > Number.MAX_SAFE_INTEGER) throw new StoreError('store-damaged', 'a row of the store has an impossible index')
  return logIndex(Number(index))
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
