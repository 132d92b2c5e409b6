import { crypto } from 'bitcoinjs-lib'
import { concat, type Hash32, toHex } from '@belfry/protocol/primitives'
import type { DecodedTransaction } from './decode.ts'

/**
 * Double SHA-256 of the serialised outputs (`hashOutputs` of BIP-143 under SIGHASH_ALL), reversed as RPC writes hashes.
 * It names a transaction that others' inputs may join: its txid changes with them, its outputs do not.
 */
export function outputsHashOf({ outputs }: Pick<DecodedTransaction, 'outputs'>): Hash32 {
  const serialised = outputs.flatMap(({ value, script }) => [uint64(value), compactSize(script.length), script])
  return toHex(crypto.hash256(concat(...serialised)).toReversed()) as Hash32
}

function uint64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value, true)
  return bytes
}

function compactSize(value: number): Uint8Array {
  if (value < 0xfd) return Uint8Array.of(value)
  const wide = value > 0xffff
  const bytes = new Uint8Array(wide ? 5 : 3)
  bytes[0] = wide ? 0xfe : 0xfd
  const view = new DataView(bytes.buffer)
  if (wide) view.setUint32(1, value, true)
  else view.setUint16(1, value, true)
  return bytes
}
