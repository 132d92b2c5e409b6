/**
 * Headers of simulated blocks: a header names the one before, where a real one does, and its block. That a header names a block that was made stands for its
 * proof of work; height stands for work.
 */
import type { Outcome } from '@belfry/protocol'
import { type BlockHash, concat, fromHex, toHex } from '@belfry/protocol/primitives'
import { type BitcoinNetwork, type Block, type SimBitcoind, ancestorAt, childTowards, isAncestor } from '../chain/index.ts'

const HASH_BYTES = 32
const VERSION = new Uint8Array(4)
const HASH_AT = VERSION.length + HASH_BYTES
const REST = new Uint8Array(12)

type Judged = Omit<Extract<Outcome, { of: 'submit-headers' }>, 'of' | 'member'>

export function headerOf({ ref, previous }: Block): Uint8Array {
  return concat(VERSION, previous ? fromHex(previous.ref.hash).toReversed() : new Uint8Array(HASH_BYTES), fromHex(ref.hash), REST)
}

/** Of this bitcoind's chain, after the first block of the locator that is in it. */
export function headersAfter({ tip }: SimBitcoind, bitcoin: BitcoinNetwork, locator: readonly BlockHash[], max: number): Uint8Array[] {
  const known = locator.flatMap((hash) => bitcoin.find(hash) ?? []).find(({ ref }) => isAncestor(ref, tip))
  const headers: Uint8Array[] = []
  let next = known && childTowards(known.ref, tip)
  while (next && headers.length < max) {
    headers.push(headerOf(next))
    next = childTowards(next.ref, tip)
  }
  return headers
}

/** What this bitcoind makes of them. */
export function judgeHeaders({ tip, is_up }: SimBitcoind, bitcoin: BitcoinNetwork, headers: readonly Uint8Array[]): Judged {
  const nothing = { tip: null, base: null }
  if (!is_up) return { result: 'unreachable', ...nothing }
  const blocks = headers.flatMap((header) => bitcoin.find(toHex(header.slice(HASH_AT, HASH_AT + HASH_BYTES)) as BlockHash) ?? [])
  const [first] = blocks
  const last = blocks.at(-1)
  if (blocks.length < headers.length || first === undefined || last === undefined) return { result: 'refused', ...nothing }
  const isChain = first.previous !== null && blocks.every((block, at) => at === 0 || block.previous === blocks[at - 1])
  if (!isChain) return { result: 'unconnected', ...nothing }
  const base = blocks.findLast(({ ref }) => isAncestor(ref, tip)) ?? first.previous
  return { result: last.ref.height > tip.ref.height ? 'more-work' : 'no-more-work', tip: last.ref, base: base?.ref ?? null }
}

/** Whether this bitcoind can serve it: of the chain that it is on. */
export function hasBlock({ tip, is_up }: SimBitcoind, hash: BlockHash, height: number): boolean {
  return is_up && ancestorAt(tip, height)?.ref.hash === hash
}
