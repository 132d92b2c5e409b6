import { hash } from 'node:crypto'
import { MAX_TX_BYTES, type SpendTx } from '@belfry/protocol'
import { concat, type Sats, toHex, type Txid } from '@belfry/protocol/primitives'
import { Cursor } from './cursor.ts'
import { ChainError } from './errors.ts'

/** Where the parts of a serialised transaction (BIP 144) are: offsets into the bytes it was found in. */
export interface TransactionLayout {
  readonly start: number
  /** The count of inputs, from which the part that the txid covers goes on. */
  readonly inputs: number
  /** One past the last output. */
  readonly outputsEnd: number
  /** One past the last byte. */
  readonly end: number
  readonly hasWitness: boolean
}

/** Finds what is watched by the 36 bytes that an input names it with: txid in hash order, vout little-endian. */
export interface OutpointIndex<T> {
  find(bytes: Uint8Array, offset: number): T | undefined
}

export interface Spend<T> {
  readonly watched: T
  readonly layout: TransactionLayout
}

const OUTPOINT_BYTES = 36
const SEQUENCE_BYTES = 4
const MIN_INPUT_BYTES = OUTPOINT_BYTES + 1 + SEQUENCE_BYTES
const VALUE_BYTES = 8
const MIN_OUTPUT_BYTES = VALUE_BYTES + 1
const VERSION_BYTES = 4
const LOCKTIME_BYTES = 4

/**
 * Walks one transaction and adds its spends of watched outpoints to `found`, in the order of its inputs.
 * @throws ChainError truncated, malformed
 */
export function findSpends<T>(cursor: Cursor, index: OutpointIndex<T>, found: Spend<T>[]): TransactionLayout {
  const start = cursor.at
  cursor.skip(VERSION_BYTES)
  const hasWitness = cursor.peek() === 0
  if (hasWitness) {
    cursor.skip(1)
    if (cursor.byte() !== 1) throw new ChainError('malformed', 'a transaction has no inputs, or an unknown marker')
  }
  const inputs = cursor.at
  const inputCount = cursor.count(MIN_INPUT_BYTES)
  if (inputCount === 0) throw new ChainError('malformed', 'a transaction has no inputs')
  // Almost no transaction has any, so that none is made ahead.
  let spent: T[] | null = null
  for (let i = 0; i < inputCount; i++) {
    const outpoint = cursor.at
    cursor.skip(OUTPOINT_BYTES)
    const watched = index.find(cursor.bytes, outpoint)
    if (watched !== undefined) (spent ??= []).push(watched)
    cursor.skipPrefixed()
    cursor.skip(SEQUENCE_BYTES)
  }
  skipOutputs(cursor)
  const outputsEnd = cursor.at
  if (hasWitness) skipWitnesses(cursor, inputCount)
  cursor.skip(LOCKTIME_BYTES)
  const layout: TransactionLayout = { start, inputs, outputsEnd, end: cursor.at, hasWitness }
  if (spent !== null) for (const watched of spent) found.push({ watched, layout })
  return layout
}

/**
 * The spends of watched outpoints by one transaction, which must be all of the bytes.
 * @throws ChainError truncated, malformed, trailing-bytes
 */
export function spendsOfTransaction<T>(bytes: Uint8Array, index: OutpointIndex<T>): Spend<T>[] {
  const found: Spend<T>[] = []
  const cursor = new Cursor(bytes)
  findSpends(cursor, index, found)
  requireEnd(cursor)
  return found
}

const WATCHES_NOTHING: OutpointIndex<never> = { find: () => undefined }

/** @throws ChainError truncated, malformed, trailing-bytes */
export function layoutOf(bytes: Uint8Array): TransactionLayout {
  const cursor = new Cursor(bytes)
  const layout = findSpends(cursor, WATCHES_NOTHING, [])
  requireEnd(cursor)
  return layout
}

/** @throws ChainError trailing-bytes */
export function requireEnd(cursor: Cursor): void {
  if (cursor.left !== 0) throw new ChainError('trailing-bytes', `${cursor.left} bytes follow after the end`)
}

/** What an event says of a transaction. `raw` is a copy, so that no block stays in memory for it. */
export function describeSpend(bytes: Uint8Array, layout: TransactionLayout, fee: Sats | null): SpendTx {
  const whole = bytes.subarray(layout.start, layout.end)
  const locktime = bytes.subarray(layout.end - LOCKTIME_BYTES, layout.end)
  const version = bytes.subarray(layout.start, layout.start + VERSION_BYTES)
  const stripped = concat(version, bytes.subarray(layout.inputs, layout.outputsEnd), locktime)
  const txid = doubleHash(stripped) as Txid
  return {
    txid,
    wtxid: layout.hasWitness ? doubleHash(whole) as Txid : txid,
    // BIP 141: weight is three times the stripped size plus the whole size; a virtual byte is four of it.
    vsize: Math.ceil((3 * stripped.length + whole.length) / 4),
    fee,
    // Only a miner can put a longer one into a block; its bytes are of no use to anybody then.
    raw: whole.length <= MAX_TX_BYTES ? new Uint8Array(whole) : new Uint8Array(0),
  }
}

/** SHA-256 twice, in RPC order (reversed), hex. */
export function doubleHash(bytes: Uint8Array): string {
  return toHex(hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer').toReversed())
}

function skipOutputs(cursor: Cursor): void {
  const count = cursor.count(MIN_OUTPUT_BYTES)
  for (let i = 0; i < count; i++) {
    cursor.skip(VALUE_BYTES)
    cursor.skipPrefixed()
  }
}

function skipWitnesses(cursor: Cursor, inputCount: number): void {
  let isEmpty = true
  for (let i = 0; i < inputCount; i++) {
    const items = cursor.count(1)
    for (let j = 0; j < items; j++) cursor.skipPrefixed()
    if (items > 0) isEmpty = false
  }
  // bitcoind refuses these too: one transaction would have two serialisations.
  if (isEmpty) throw new ChainError('malformed', 'a transaction is marked to have a witness, and has none')
}
