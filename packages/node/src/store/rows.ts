/**
 * How the log lies in level:
 *
 *   00               → checksum (4) ‖ index (8) ‖ bytes    the snapshot
 *   01 ‖ index (8)   → checksum (4) ‖ bytes                an entry
 *
 * and beside it the rows of others, each in a key space of its own, told by the first byte of the key:
 *
 *   02 watched, packed · 03 watched, the changes since · 04 wallets · 05 payments · 06 headers · 07 fees · 09 epochs ·
 *   0a epochs left behind
 *   any of them      → checksum (4) ‖ bytes
 *
 * That is the log of the epoch in which the directory began. Those of other epochs lie the same way, each of their keys
 * behind 08 and the first 8 bytes of the epoch's lock hash.
 *
 * Numbers are big-endian, so that level's order is the log's. The checksum is a CRC-32 over key and the rest of the value:
 * classic-level does not verify the ones that leveldb keeps, and a flipped bit inside a signature still decodes.
 */
import { crc32 } from 'node:zlib'
import { fromHex } from '@belfry/protocol/primitives'
import { type LogEntry, type LogIndex, type LogSnapshot, logIndex } from '@belfry/runtime'
import { StoreError } from './errors.ts'

const SNAPSHOT = 0
const ENTRY = 1
const INDEX_BYTES = 8
const CHECKSUM_BYTES = 4

/** First bytes of keys that are not the log's. */
export const KEY_SPACES = { watchSegments: 2, watchTail: 3, wallets: 4, payments: 5, headers: 6, fees: 7, epochs: 9, leftBehind: 10 } as const
/** First byte of the keys of logs other than the first. */
const EPOCH_LOGS = 8
const LOCK_PREFIX = /^[0-9a-f]{16}$/

/** All keys of the store are below. */
export const STORE_END = Uint8Array.of(KEY_SPACES.leftBehind + 1)

/** What a row takes beyond the bytes given. */
export const ROW_OVERHEAD_BYTES = CHECKSUM_BYTES + INDEX_BYTES

export type Row =
  | { readonly kind: 'snapshot'; readonly snapshot: LogSnapshot }
  | { readonly kind: 'entry'; readonly entry: LogEntry }

/** The keys of one log. */
export class LogKeys {
  /** Of the epoch in which the directory began. */
  static readonly first = new LogKeys(new Uint8Array(0))

  /** @param lock_prefix the first 8 bytes of the lock hash, hex */
  static ofEpoch(lock_prefix: string): LogKeys {
    if (!LOCK_PREFIX.test(lock_prefix)) throw new RangeError('a lock prefix has 16 lower-case hex digits')
    return new LogKeys(Uint8Array.of(EPOCH_LOGS, ...fromHex(lock_prefix)))
  }

  readonly snapshot: Uint8Array
  /** All keys of the log are below, and not below that of the snapshot. */
  readonly end: Uint8Array
  readonly #prefix: Uint8Array

  private constructor(prefix: Uint8Array) {
    this.#prefix = prefix
    this.snapshot = Uint8Array.of(...prefix, SNAPSHOT)
    this.end = Uint8Array.of(...prefix, ENTRY + 1)
  }

  entry(index: LogIndex): Uint8Array {
    const key = new Uint8Array(this.#prefix.length + 1 + INDEX_BYTES)
    key.set(this.#prefix)
    key[this.#prefix.length] = ENTRY
    writeIndex(key, this.#prefix.length + 1, index)
    return key
  }

  snapshotValue(index: LogIndex, bytes: Uint8Array): Uint8Array {
    const value = new Uint8Array(CHECKSUM_BYTES + INDEX_BYTES + bytes.length)
    writeIndex(value, CHECKSUM_BYTES, index)
    value.set(bytes, CHECKSUM_BYTES + INDEX_BYTES)
    return sealed(this.snapshot, value)
  }

  /** @throws StoreError `store-foreign` for a key that is none of ours, `store-damaged` where the checksum does not match */
  readRow(key: Uint8Array, value: Uint8Array): Row {
    const at = this.#prefix.length
    if (key[at] === SNAPSHOT && key.length === at + 1) {
      const body = unsealed(key, value, INDEX_BYTES)
      return { kind: 'snapshot', snapshot: { index: readIndex(body, 0), bytes: body.subarray(INDEX_BYTES) } }
    }
    if (key[at] === ENTRY && key.length === at + 1 + INDEX_BYTES) {
      return { kind: 'entry', entry: { index: readIndex(key, at + 1), bytes: unsealed(key, value, 0) } }
    }
    throw new StoreError('store-foreign', 'the database holds something else than a node writes')
  }
}

export function entryValue(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const value = new Uint8Array(CHECKSUM_BYTES + bytes.length)
  value.set(bytes, CHECKSUM_BYTES)
  return sealed(key, value)
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
  return space >= KEY_SPACES.watchSegments && space <= KEY_SPACES.leftBehind && space !== EPOCH_LOGS
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
