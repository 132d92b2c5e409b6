import type { Txid } from '@belfry/protocol/primitives'
import { doubleHash, layoutOf, strippedOf } from '../chain/serial/index.ts'

/**
 * The txid of a serialised transaction. Only the parts that it covers are copied: the witness, which makes a recovery
 * transaction worth guarding, stays where it is.
 * @throws ChainError truncated, malformed, trailing-bytes
 */
export function transactionId(bytes: Uint8Array): Txid {
  return doubleHash(strippedOf(bytes, layoutOf(bytes))) as Txid
}
