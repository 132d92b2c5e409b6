import type { BlockRef, Hasher } from '@belfry/protocol'
import { type BlockHash, type Height, type Outpoint, type Txid, toHex, utf8 } from '@belfry/protocol/primitives'
import type { SimTx } from './transactions.ts'

export interface Block {
  readonly ref: BlockRef
  readonly previous: Block | null
  readonly txs: readonly SimTx[]
  /** Of this block and all before it: where a transaction was confirmed. */
  readonly confirmed: ReadonlyMap<Txid, Height>
  /** Likewise: by which transaction an outpoint was spent. */
  readonly spent: ReadonlyMap<Outpoint, SimTx>
}

/** `salt` tells apart blocks with the same parent. */
export function makeBlock(hasher: Hasher, previous: Block | null, height: number, txs: readonly SimTx[], salt: number): Block {
  const parent = previous?.ref.hash ?? 'none'
  const hash = toHex(hasher.sha256(utf8(`${parent}/${height}/${salt}/${txs.map(({ txid }) => txid).join()}`))) as BlockHash
  const ref: BlockRef = { height: height as Height, hash }
  const confirmed = new Map(previous?.confirmed)
  const spent = new Map(previous?.spent)
  for (const tx of txs) {
    confirmed.set(tx.txid, ref.height)
    spent.set(tx.spends, tx)
  }
  return { ref, previous, txs, confirmed, spent }
}

/** The block of that height under `tip`; null below the first. */
export function ancestorAt(tip: Block, height: number): Block | null {
  let block: Block | null = tip
  while (block !== null && block.ref.height > height) block = block.previous
  return block
}

export function isAncestor(block: BlockRef, tip: Block): boolean {
  return ancestorAt(tip, block.height)?.ref.hash === block.hash
}

/** The block on the way from an ancestor to the tip; null where the tip is no descendant. */
export function childTowards(block: BlockRef, tip: Block): Block | null {
  const child = ancestorAt(tip, block.height + 1)
  return child !== null && child.previous?.ref.hash === block.hash ? child : null
}

/** Blocks that are undone when the tip moves, the tip first. */
export function undoneBetween(from: Block, to: Block): Block[] {
  const undone: Block[] = []
  for (let block: Block | null = from; block !== null && !isAncestor(block.ref, to); block = block.previous) undone.push(block)
  return undone
}
