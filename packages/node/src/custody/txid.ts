import { type Txid, concat } from '@belfry/protocol/primitives'
import { doubleHash, layoutOf } from '../chain/transactions.ts'

const VERSION_BYTES = 4
const LOCKTIME_BYTES = 4

/**
 * The txid of a serialised transaction. Only the parts that it covers are copied: the witness, which makes a recovery
 * transaction worth guarding, stays where it is.
 * @throws ChainError truncated, malformed, trailing-bytes
 */
export function transactionId(bytes: Uint8Array): Txid {
  const { inputs, outputsEnd } = layoutOf(bytes)
  const version = bytes.subarray(0, VERSION_BYTES)
  const locktime = bytes.subarray(bytes.length - LOCKTIME_BYTES)
  return doubleHash(concat(version, bytes.subarray(inputs, outputsEnd), locktime)) as Txid
}
