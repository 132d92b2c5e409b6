/** Blocks counted back from the end of the hot key's wait. */
import type { Height } from '../primitives/index.ts'
import type { Incident, Vault } from '../state/durable.ts'
import { blocksSince } from './rungs.ts'
import { standingTrigger, unvaultsNamed } from './trigger.ts'

/** The window that distances to its end are named for; in a shorter one they shrink in proportion. */
const FULL_WINDOW = 144
/** A recovery should be confirmed this many blocks before the hot key may spend. */
const DEADLINE_BEFORE_END = 12

/** A number of blocks of a window of 144, in a window of `csv`: the same from 144 on, in proportion and rounded down below. */
export function scaledBlocks(blocks: number, csv: number): number {
  return csv >= FULL_WINDOW ? blocks : Math.floor((blocks * csv) / FULL_WINDOW)
}

/** "CSV − x": how many blocks after U confirmed that is. */
export function csvMinus(csv: number, blocks: number): number {
  return Math.max(0, csv - scaledBlocks(blocks, csv))
}

/** Blocks after U confirmed by which its recovery should be confirmed. */
export function deadlineBlocks(csv: number): number {
  return csvMinus(csv, DEADLINE_BEFORE_END)
}

export interface Deadline {
  readonly height: Height
  /** From my tip on; 0 once it has passed. Nothing ends then: the coin is fought for until it is gone. */
  readonly blocks_left: number
}

/** Of a theft whose U is confirmed; null while it is not, and for what has no window. */
export function deadlineOf(vault: Vault, { trigger }: Pick<Incident, 'trigger'>, tip: Height): Deadline | null {
  const standing = standingTrigger(vault, trigger)
  if (trigger !== 'theft' || standing === null || standing.block === null) return null
  const windows = unvaultsNamed(vault, standing.tx.txid).map(({ held }) => held.manifest.csv)
  if (windows.length === 0) return null
  const blocks = deadlineBlocks(Math.min(...windows))
  return {
    height: (standing.block.height + blocks) as Height,
    blocks_left: Math.max(0, blocks - blocksSince(standing.block.height, tip)),
  }
}
