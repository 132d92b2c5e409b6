import { type BlockHash, toHex } from '@belfry/protocol/primitives'
import { ChainError } from '../errors.ts'
import { HEADER_BYTES } from './limits.ts'
import { doubleHash } from './transaction.ts'

export interface BlockBytes {
  readonly hash: BlockHash
  readonly previous: BlockHash
  /** As on the wire. */
  readonly bytes: Uint8Array
}

const PREVIOUS_OFFSET = 4
const HASH_BYTES = 32

/** Reads the header only. @throws ChainError truncated */
export function readBlock(bytes: Uint8Array): BlockBytes {
  if (bytes.length < HEADER_BYTES) throw new ChainError('truncated', 'a block is shorter than its header')
  const header = bytes.subarray(0, HEADER_BYTES)
  const previous = header.subarray(PREVIOUS_OFFSET, PREVIOUS_OFFSET + HASH_BYTES)
  return { hash: doubleHash(header) as BlockHash, previous: toHex(previous.toReversed()) as BlockHash, bytes }
}
