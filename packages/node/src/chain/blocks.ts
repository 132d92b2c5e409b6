import { type BlockHash, toHex } from '@belfry/protocol/primitives'
import { Cursor } from './cursor.ts'
import { ChainError } from './errors.ts'
import { doubleHash, findSpends, type OutpointIndex, requireEnd, type Spend } from './transactions.ts'

export interface BlockBytes {
  readonly hash: BlockHash
  readonly previous: BlockHash
  /** As on the wire. */
  readonly bytes: Uint8Array
}

const HEADER_BYTES = 80
const PREVIOUS_OFFSET = 4
const HASH_BYTES = 32
/** Consensus needs more, but this much bounds the loop by the bytes: version, one input, one output, lock time. */
const MIN_TRANSACTION_BYTES = 4 + 1 + 41 + 1 + 9 + 4

/** Reads the header only. @throws ChainError truncated */
export function readBlock(bytes: Uint8Array): BlockBytes {
  if (bytes.length < HEADER_BYTES) throw new ChainError('truncated', 'a block is shorter than its header')
  const header = bytes.subarray(0, HEADER_BYTES)
  const previous = header.subarray(PREVIOUS_OFFSET, PREVIOUS_OFFSET + HASH_BYTES)
  return { hash: doubleHash(header) as BlockHash, previous: toHex(previous.toReversed()) as BlockHash, bytes }
}

/**
 * The spends of watched outpoints, in the order of the block. The merkle root is not checked: bitcoind has done that.
 * @throws ChainError truncated, malformed, trailing-bytes
 */
export function spendsOfBlock<T>(block: BlockBytes, index: OutpointIndex<T>): Spend<T>[] {
  const cursor = new Cursor(block.bytes, HEADER_BYTES)
  const found: Spend<T>[] = []
  const count = cursor.count(MIN_TRANSACTION_BYTES)
  if (count === 0) throw new ChainError('malformed', 'a block has no transactions')
  for (let i = 0; i < count; i++) findSpends(cursor, index, found)
  requireEnd(cursor)
  return found
}
