/** What is watched for a person, how far it has grown, and how far the chain has been searched for it. */
import { toHex } from '@belfry/protocol/primitives'
import { type Network, addressOfScript, loadDescriptors } from '@belfry/vault'
import {
  type ScanProgress,
  type Scripts,
  type Watch,
  type WatchEntry,
  type WatchSource,
  indexesOf,
  isFull,
  progressOf,
  scriptsOf,
} from '../wallets/index.ts'
import { utc } from './units.ts'

export interface WatchView {
  readonly watch_id: string
  readonly label: string
  readonly kind: WatchSource['kind']
  /** The descriptor with its checksum, the address, the script in hex, or the outpoint. */
  readonly what: string
  /** To compare with the wallet's own; null where the first script has no address. */
  readonly first_address: string | null
  readonly added_at: string
  /** null: only what happened after it was added. */
  readonly birth_height: number | null
  /** null: it has no index. */
  readonly gap_limit: number | null
  /** Receive and change, mostly. */
  readonly branches: readonly BranchView[]
  /** It cannot grow any more: what is paid further on is not seen. */
  readonly full: boolean
  readonly scan: ScanView
}

export interface BranchView {
  /** One above the highest index that was paid. */
  readonly next_index: number
  /** Indexes watched, from 0 on. */
  readonly watched: number
}

export interface ScanView extends ScanProgress {
  /** Blocks from the birth height to below this one could not be had; null: none. */
  readonly unseen_below: number | null
}

/** Of a running node. */
export function watchesView(entries: Iterable<WatchEntry>): WatchView[] {
  return [...entries].map(({ watch, scripts, derived, full }) => viewOf(watch, scripts, derived, full))
}

/** Of a node that does not run: as it would watch. */
export async function storedWatchesView(watches: readonly Watch[]): Promise<WatchView[]> {
  if (watches.length === 0) return []
  const reader = await loadDescriptors()
  return watches.map((watch) => {
    const scripts = scriptsOf(watch, reader)
    const derived = watch.next_index.map((_, branch) => indexesOf(watch, branch, scripts.per_index))
    return viewOf(watch, scripts, derived, isFull(watch, scripts.per_index))
  })
}

function viewOf(watch: Watch, scripts: Scripts, derived: readonly number[], full: boolean): WatchView {
  const { id, label, source, added_at_ms, birth_height, gap_limit, next_index, unseen_below, network } = watch
  return {
    watch_id: id,
    label,
    kind: source.kind,
    what: whatOf(source),
    first_address: firstAddress(scripts, network),
    added_at: utc(added_at_ms),
    birth_height,
    gap_limit: gap_limit === 0 ? null : gap_limit,
    branches: next_index.map((next, branch) => ({ next_index: next, watched: derived[branch] ?? 0 })),
    full,
    scan: { ...progressOf(watch), unseen_below },
  }
}

function firstAddress(scripts: Scripts, network: Network): string | null {
  if (scripts.branches === 0) return null
  // combo() has a script without an address first.
  for (const script of scripts.at(0, 0)) {
    const address = addressOfScript(script, network)
    if (address !== undefined) return address
  }
  return null
}

function whatOf(source: WatchSource): string {
  switch (source.kind) {
    case 'descriptor':
      return source.descriptor
    case 'address':
      return source.address
    case 'script':
      return toHex(source.script)
    case 'outpoint':
      return source.outpoint
  }
}
