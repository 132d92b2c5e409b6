/** One thing that a person asked to watch, and what is known of it so far. Plain values; nothing here derives a script. */
import { createHash } from 'node:crypto'
import {
  type Branded,
  type Height,
  type Infer,
  type Millis,
  concat,
  s,
  toCbor,
  toHex,
  utf8,
} from '@belfry/protocol/primitives'
import { MAX_DESCRIPTOR_CHARS, MAX_INDEX, type Network, NETWORKS } from '@belfry/vault'
import { MAX_BRANCHES, MAX_GAP_LIMIT, MAX_LABEL_CHARS } from './limits.ts'

/** 16 hex digits: what it is watches by, so that nothing is watched twice. */
export type WatchId = Branded<string, 'WatchId'>

export const ID_BYTES = 8
const ID_TAG = utf8('belfry/watch/1')
const MAX_ADDRESS_CHARS = 90
const MAX_SCRIPT_BYTES = 10_000

export const sourceSchema = s.variant('kind', {
  /** With its checksum. What was given as an extended key is kept as the descriptor that it stands for. */
  descriptor: s.struct({ descriptor: s.text(MAX_DESCRIPTOR_CHARS + 9, 1) }),
  address: s.struct({ address: s.text(MAX_ADDRESS_CHARS, 1) }),
  script: s.struct({ script: s.blob(MAX_SCRIPT_BYTES, 1) }),
  outpoint: s.struct({ outpoint: s.outpoint }),
})
export type WatchSource = Infer<typeof sourceSchema>

/** How far the chain was searched for what happened before a node watched it. */
export const scanSchema = s.variant('state', {
  /** No node has started with it yet. */
  waiting: s.struct({}),
  /** Blocks from `next` to `until` are still to be searched; every later one is seen as it comes. */
  running: s.struct({ next: s.height, until: s.height }),
  done: s.struct({ until: s.height }),
})
export type Scan = Infer<typeof scanSchema>

export const watchSchema = s.struct({
  network: s.oneOf(...NETWORKS),
  source: sourceSchema,
  label: s.text(MAX_LABEL_CHARS),
  added_at_ms: s.millis,
  /** 0 where there is no index to be a gap between. */
  gap_limit: s.uint(MAX_GAP_LIMIT),
  /** Nothing of it is in a block below; null: nothing below the tip at the first start with it is asked for. */
  birth_height: s.nullable(s.height),
  /** Of each branch: one above the highest index that was paid. */
  next_index: s.list(s.uint(MAX_INDEX + 1), MAX_BRANCHES),
  scan: scanSchema,
  /** Blocks below this one, from the birth on, were asked for and bitcoind did not have them any more. */
  unseen_below: s.nullable(s.height),
})

export type WatchFields = Infer<typeof watchSchema>
export interface Watch extends Readonly<Omit<WatchFields, 'next_index'>> {
  readonly id: WatchId
  readonly next_index: readonly number[]
}

export interface NewWatch {
  readonly network: Network
  readonly source: WatchSource
  readonly label: string
  readonly added_at_ms: Millis
  readonly gap_limit: number
  readonly birth_height: Height | null
  readonly branches: number
}

export function newWatch({ branches, ...fields }: NewWatch): Watch {
  return {
    ...fields,
    id: watchId(fields.network, fields.source),
    next_index: Array.from({ length: branches }, () => 0),
    scan: { state: 'waiting' },
    unseen_below: null,
  }
}

function watchId(network: Network, source: WatchSource): WatchId {
  const bytes = concat(ID_TAG, utf8(network), toCbor(sourceSchema, source))
  return toHex(createHash('sha256').update(bytes).digest().subarray(0, ID_BYTES)) as WatchId
}
