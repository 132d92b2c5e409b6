/** What others could still change in a transaction, by the types of its signatures alone: no coin need be known to see that. */
import { Transaction, script as scripts } from 'bitcoinjs-lib'

/** A Schnorr signature that names its type (BIP-341); one of 64 bytes signs everything. */
const TYPED_SCHNORR_BYTES = 65

/**
 * Whether every input is signed, and every signature commits to all inputs and outputs. With any other type whoever sees the
 * transaction in a mempool could send the coins elsewhere.
 * @param raw bytes that decode to a transaction
 */
export function isWhollySigned(raw: Uint8Array): boolean {
  return Transaction.fromBuffer(raw).ins.every(({ witness }) => {
    // The last of several items is a key, a script or a control block.
    const items = witness.length === 1 ? witness : witness.slice(0, -1)
    return witness.length > 0 && items.every(isWhole)
  })
}

/** True also for what is no signature. */
function isWhole(item: Uint8Array): boolean {
  const type = typeOf(item)
  return type === null || type === Transaction.SIGHASH_ALL
}

function typeOf(item: Uint8Array): number | null {
  try {
    return scripts.signature.decode(item).hashType
  } catch {
    return item.length === TYPED_SCHNORR_BYTES ? (item.at(-1) ?? null) : null
  }
}
