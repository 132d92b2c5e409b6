/** What is commonly done: bitcoinjs-lib reads the whole block, and a `Set` of strings says what is watched. */
import { Block, type Transaction } from 'bitcoinjs-lib'

export const PEER = 'bitcoinjs-lib'

/** Where something was found: transaction, and its input where it is a spend. */
export interface PeerHit {
  readonly position: number
  readonly index: number
}

export function parse(bytes: Uint8Array): readonly Transaction[] {
  return Block.fromBuffer(bytes).transactions ?? []
}

export function findSpends(bytes: Uint8Array, watched: ReadonlySet<string>): PeerHit[] {
  const hits: PeerHit[] = []
  for (const [position, { ins }] of parse(bytes).entries()) {
    for (const [index, input] of ins.entries()) {
      if (watched.has(outpointKey(input.hash, input.index))) hits.push({ position, index })
    }
  }
  return hits
}

export function findLocators(bytes: Uint8Array, watched: ReadonlySet<string>): PeerHit[] {
  const hits: PeerHit[] = []
  for (const [position, transaction] of parse(bytes).entries()) {
    if (watched.has(locatorKey(transaction.getHash()))) hits.push({ position, index: 0 })
  }
  return hits
}

export function outpointKey(txid: Uint8Array, vout: number): string {
  return `${Buffer.from(txid.buffer, txid.byteOffset, 32).toString('hex')}:${vout}`
}

/** The first 16 bytes of a txid. */
export function locatorKey(txid: Uint8Array): string {
  return Buffer.from(txid.buffer, txid.byteOffset, 16).toString('hex')
}
