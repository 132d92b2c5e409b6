/**
 * Branded identifiers. Hashes and ids are lower-case hex strings in memory, so that they can be map keys, be compared
 * with === and be read in a debugger; they are bytes on the wire and hex in JSON.
 */

declare const brand: unique symbol
export type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** 32 bytes, RPC order (the reverse of the hash's own byte order), as bitcoind prints it. */
export type Txid = Branded<string, 'Txid'>
/** 32 bytes, RPC order. */
export type BlockHash = Branded<string, 'BlockHash'>
/** `txid:vout`, the txid in RPC order, vout in decimal. */
export type Outpoint = Branded<string, 'Outpoint'>
/** 1..n: a member's place in the lock. */
export type MemberIndex = Branded<number, 'MemberIndex'>
/** Satoshis, 0..21e14. */
export type Sats = Branded<bigint, 'Sats'>
/** Integer satoshis per 1,000 virtual bytes. */
export type Feerate = Branded<number, 'Feerate'>
/** Milliseconds since the Unix epoch, or a span of them. */
export type Millis = Branded<number, 'Millis'>
/** Block height. */
export type Height = Branded<number, 'Height'>

/** 32-byte hashes and ids of Belfry's own, hex in the hash's own byte order. */
export type LockHash = Branded<string, 'LockHash'>
export type DefinitionHash = Branded<string, 'DefinitionHash'>
export type VaultId = Branded<string, 'VaultId'>
export type ManifestHash = Branded<string, 'ManifestHash'>
export type EnvelopeId = Branded<string, 'EnvelopeId'>
export type IncidentId = Branded<string, 'IncidentId'>
export type MessageHash = Branded<string, 'MessageHash'>
/** Any other 32-byte hash (commitments, digests). */
export type Hash32 = Branded<string, 'Hash32'>

const HEX32 = /^[0-9a-f]{64}$/
const OUTPOINT = /^([0-9a-f]{64}):(0|[1-9][0-9]{0,9})$/
export const MAX_SATS = 2_100_000_000_000_000n

export function isHex32(text: string): boolean {
  return HEX32.test(text)
}

/** @throws RangeError unless the text is 64 lower-case hex digits */
export function parseTxid(text: string): Txid {
  if (!isHex32(text)) throw new RangeError('a txid is 64 lower-case hex digits')
  return text as Txid
}

/** @throws RangeError unless the text is `txid:vout` with vout below 2^32 */
export function parseOutpoint(text: string): Outpoint {
  splitOutpoint(text as Outpoint)
  return text as Outpoint
}

export function outpointOf(txid: Txid, vout: number): Outpoint {
  return `${txid}:${vout}` as Outpoint
}

/** @throws RangeError where the text is no outpoint (possible only for unparsed input) */
export function splitOutpoint(outpoint: Outpoint): { txid: Txid; vout: number } {
  const match = OUTPOINT.exec(outpoint)
  const vout = Number(match?.[2])
  if (!match || vout > 0xffff_ffff) throw new RangeError('an outpoint is txid:vout')
  return { txid: match[1] as Txid, vout }
}

/** @throws RangeError outside 0..21e14 */
export function sats(value: bigint | number): Sats {
  const amount = BigInt(value)
  if (amount < 0n || amount > MAX_SATS) throw new RangeError('an amount is 0 to 21,000,000 BTC in satoshis')
  return amount as Sats
}
