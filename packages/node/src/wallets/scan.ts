/**
 * Searching the chain for what happened before a node began to watch: from the birth height to where the follower stood at
 * the first start with the watch, and on to where it stands when the search gets there. What was paid in an old block may
 * have moved in one that the follower told before it was known. Pure.
 */
import { type Height, invariant } from '@belfry/protocol/primitives'
import type { Scan, Watch, WatchId } from './watch.ts'

/** The blocks to search next, and for whom. */
export interface ScanPlan {
  readonly from: Height
  /** Inclusive. */
  readonly to: Height
  /** Those that have been searched for in every block from their birth to below `from`. */
  readonly watches: readonly WatchId[]
}

/** @param position the follower's; blocks above it are seen with this watch in the set */
export function beginScan(watch: Watch, position: Height): Watch {
  if (watch.scan.state !== 'waiting') return watch
  const { birth_height } = watch
  const isPast = birth_height !== null && birth_height <= position
  const scan: Scan = isPast
    ? { state: 'running', next: birth_height, until: position }
    : { state: 'done', until: position }
  return { ...watch, scan }
}

/** The lowest blocks that any still lacks. Those who stand higher join when it reaches them. null: nothing is left. */
export function planScan(watches: Iterable<Watch>): ScanPlan | null {
  const lacking = [...watches].flatMap(({ id, scan }) => (scan.state === 'running' ? [{ id, ...scan }] : []))
  const from = Math.min(...lacking.map(({ next }) => next))
  const at = lacking.filter(({ next }) => next === from)
  const later = lacking.filter(({ next }) => next > from).map(({ next }) => next - 1)
  if (at.length === 0) return null
  const to = Math.min(...at.map(({ until }) => until), ...later)
  return { from: from as Height, to: to as Height, watches: at.map(({ id }) => id) }
}

/**
 * The watch once the blocks of the plan up to `through` have been searched for it.
 * @param tip of the follower: later blocks are seen with all that was found
 */
export function afterScan(watch: Watch, { from, to }: ScanPlan, through: Height, tip: Height): Watch {
  invariant(through >= from && through <= to, 'a scan ends within its plan')
  const { scan } = watch
  if (scan.state !== 'running' || scan.next !== from) return watch
  const until = through < scan.until ? scan.until : tip
  if (through >= until) return { ...watch, scan: { state: 'done', until: through } }
  return { ...watch, scan: { state: 'running', next: (through + 1) as Height, until } }
}

export interface ScanProgress {
  /** `waiting`: no node has started with it yet. */
  readonly state: Scan['state']
  /** Searched up to here, from the birth height on. */
  readonly height: number | null
  readonly of_height: number | null
  /** 0..100, rounded down, so that 100 is all. */
  readonly percent: number | null
}

export function progressOf({ scan, birth_height }: Watch): ScanProgress {
  switch (scan.state) {
    case 'waiting':
      return { state: scan.state, height: null, of_height: null, percent: null }
    case 'done':
      return { state: scan.state, height: scan.until, of_height: scan.until, percent: 100 }
    case 'running': {
      const from = birth_height ?? scan.next
      const percent = Math.floor((100 * (scan.next - from)) / (scan.until - from + 1))
      return { state: scan.state, height: scan.next - 1, of_height: scan.until, percent }
    }
  }
}
