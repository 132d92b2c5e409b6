/**
 * How the log lies in level:
 *
 *   00               → checksum (4) ‖ index (8) ‖ bytes    the snapshot
 *   01 ‖ index (8)   → checksum (4) ‖ bytes                an entry
 *
 * and beside it the rows of others, each in a key space of its own, told by the first byte of the key:
 *
 *   02 watched, packed · 03 watched, the changes since · 04 wallets · 05 payments · 06 headers · 07 fees
 *   any of them      → checksum (4) ‖ bytes
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

/** First bytes of keys that are not the log's. */
export const KEY_SPACES = { watchSegments: 2, watchTail: 3, wallets: 4, payments: 5, headers: 6, fees: 7 } as const

/** All keys of the log are below the first, all keys of the store below the second. */
export const LOG_END = Uint8Array.of(KEY_SPACES.watchSegments)
export const STORE_END = Uint8Array.of(KEY_SPACES.fees + 1)

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

/** The value of a row of others. */
export function riderValue(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return entryValue(key, bytes)
}

/** @throws StoreError `store-damaged` where the checksum does not match */
export function readRider(key: Uint8Array, value: Uint8Array): Uint8Array {
  return unsealed(key, value, 0)
}

export function isRiderKey(key: Uint8Array): boolean {
  const space = key[0] ?? 0
  return space >= KEY_SPACES.watchSegments && space <= KEY_SPACES.fees
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
  throw new StoreError('store-foreign', 'the database holds something else than a node writes')
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
