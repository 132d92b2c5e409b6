/** Looks up what a walk has noted. Each adds what it finds in the order of the block. */
import type { TxidHasher } from '../hashing/txid-hasher.ts'
import type { LocatorTable, OutpointTable, ScriptTable } from '../watch-set/index.ts'
import type { BlockWalk } from './block-walk.ts'
import { sizeAt, widthOf } from './compact-size.ts'
import { HASHED_LOCATOR, type HitBuffer, PAYMENT, SPEND, TXID_LOCATOR } from './hits.ts'

const VALUE_BYTES = 8

/** @param base where in the view the bytes begin */
export function searchInputs(
  view: DataView, base: number, walk: BlockWalk, table: OutpointTable, hits: HitBuffer,
): void {
  const { inputs, layouts } = walk
  const count = inputs.count
  let position = 0
  for (let i = 0; i < count; i++) {
    const at = inputs.at(i)
    const entry = table.find(view, at)
    if (entry < 0) continue
    position = layouts.positionOf(at - base, position)
    hits.add(SPEND, entry, i - inputs.countBefore(base + layouts.startOf(position)), position, 0)
  }
}

/** @param base where in the view the bytes begin */
export function searchOutputs(
  view: DataView, base: number, walk: BlockWalk, table: ScriptTable, hits: HitBuffer,
): void {
  const { outputs, layouts } = walk
  const count = outputs.count
  let position = 0
  for (let i = 0; i < count; i++) {
    const at = outputs.at(i)
    const sizeOffset = at + VALUE_BYTES
    const length = sizeAt(view, sizeOffset, view.byteLength)
    const entry = table.find(view, sizeOffset + widthOf(length), length)
    if (entry < 0) continue
    position = layouts.positionOf(at - base, position)
    hits.add(PAYMENT, entry, i - outputs.countBefore(base + layouts.startOf(position)), position, at)
  }
}

/** All txids are computed: nothing else needs any. The hasher has been given the block. */
export function searchTxids(hasher: TxidHasher, txids: LocatorTable, hashed: LocatorTable, hits: HitBuffer): void {
  const seeksTxids = txids.size > 0
  const seeksHashed = hashed.size > 0
  let position = 0
  for (let count = hasher.hashNext(); count > 0; count = hasher.hashNext()) {
    if (seeksHashed) hasher.hashTxids()
    for (let i = 0; i < count; i++, position++) {
      if (seeksTxids) {
        const entry = txids.find(hasher.view, hasher.txidAt(i))
        if (entry >= 0) hits.add(TXID_LOCATOR, entry, 0, position, 0)
      }
      if (seeksHashed) {
        const entry = hashed.find(hasher.view, hasher.hashedTxidAt(i))
        if (entry >= 0) hits.add(HASHED_LOCATOR, entry, 0, position, 0)
      }
    }
  }
}
