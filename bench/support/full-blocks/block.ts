/** A block for regtest, where the work is two tries. */
import { Writer, sha256d } from './bytes.ts'
import { type Transaction, transaction } from './transaction.ts'

export interface BlockInit {
  /** In hash order. */
  readonly previous: Uint8Array
  readonly height: number
  readonly time_s: number
  /** Without the coinbase. */
  readonly transactions: readonly Transaction[]
}

export interface FullBlock {
  readonly bytes: Uint8Array
  /** In hash order. */
  readonly hash: Uint8Array
}

/** The longest block: all of its weight in witnesses. */
const LIMIT_BYTES = 4_000_000
const VERSION = 0x20000000
/** The easiest target there is: half of all hashes meet it. */
const BITS = 0x207fffff
const NO_COIN = { txid: new Uint8Array(32), vout: 0xffffffff }
const OP_TRUE = Uint8Array.of(0x51)
/** OP_RETURN, 36 bytes, and what marks the commitment to all witnesses (BIP 141). */
const COMMITMENT = Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed)
const RESERVED = new Uint8Array(32)

export function block({ previous, height, time_s, transactions }: BlockInit): FullBlock {
  const witnessRoot = merkleRoot([new Uint8Array(32), ...transactions.map(({ wtxid }) => wtxid)])
  const coinbase = coinbaseOf(height, sha256d(Buffer.concat([witnessRoot, RESERVED])))
  const all = [coinbase, ...transactions]
  const writer = new Writer(LIMIT_BYTES)
  writer.u32(VERSION)
  writer.bytes(previous, merkleRoot(all.map(({ txid }) => txid)))
  writer.u32(time_s)
  writer.u32(BITS)
  const hash = mine(writer)
  writer.count(all.length)
  for (const { bytes } of all) writer.bytes(bytes)
  return { bytes: writer.since(0), hash }
}

/** Appends the nonce. @returns the hash */
function mine(writer: Writer): Uint8Array {
  const head = Buffer.concat([writer.since(0), new Uint8Array(4)])
  for (let nonce = 0; ; nonce++) {
    head.writeUInt32LE(nonce, head.length - 4)
    const hash = sha256d(head)
    if ((hash.at(-1) ?? 0xff) >= 0x7f) continue
    writer.u32(nonce)
    return hash
  }
}

/** It takes no reward: nobody needs it. */
function coinbaseOf(height: number, commitment: Uint8Array): Transaction {
  return transaction(
    [{ coin: NO_COIN, script: heightScript(height), witness: [RESERVED] }],
    [{ script: OP_TRUE, sats: 0n }, { script: Buffer.concat([COMMITMENT, commitment]), sats: 0n }],
  )
}

/** The height as a script number (BIP 34), and one byte more, as a script of one is too short. */
function heightScript(height: number): Uint8Array {
  const number: number[] = []
  for (let rest = height; rest > 0; rest >>= 8) number.push(rest & 0xff)
  if ((number.at(-1) ?? 0) >= 0x80) number.push(0)
  return Uint8Array.of(number.length, ...number, 0)
}

function merkleRoot(hashes: readonly Uint8Array[]): Uint8Array {
  let level = hashes
  while (level.length > 1) {
    level = Array.from({ length: Math.ceil(level.length / 2) }, (_, at) => {
      const [left, right] = [level[2 * at], level[2 * at + 1] ?? level[2 * at]]
      return sha256d(Buffer.concat([left ?? RESERVED, right ?? RESERVED]))
    })
  }
  return level[0] ?? RESERVED
}
