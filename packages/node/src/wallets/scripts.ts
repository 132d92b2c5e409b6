/** What the source of a watch comes to: scripts by branch and index, or an outpoint. */
import type { Outpoint } from '@belfry/protocol/primitives'
import { type DescriptorReader, scriptOfAddress } from '@belfry/vault'
import { WatchError } from './errors.ts'
import type { Watch } from './watch.ts'

export interface Scripts {
  readonly branches: number
  readonly ranged: boolean
  /** At each index, of each branch: 1, or 4 of combo(). */
  readonly per_index: number
  readonly outpoint: Outpoint | null
  at(branch: number, index: number): readonly Uint8Array[]
}

/** @throws DescriptorError, VaultError where the source is none of its network */
export function scriptsOf({ source, network }: Pick<Watch, 'source' | 'network'>, reader: DescriptorReader): Scripts {
  switch (source.kind) {
    case 'descriptor': {
      const descriptor = reader.parse(source.descriptor, network)
      const { branches, ranged } = descriptor
      return {
        branches,
        ranged,
        per_index: descriptor.scriptsAt(0, 0).length,
        outpoint: null,
        at: (branch, index) => descriptor.scriptsAt(branch, index),
      }
    }
    case 'address':
      return one(scriptOfAddress(source.address, network))
    case 'script':
      return one(source.script)
    case 'outpoint':
      return { branches: 0, ranged: false, per_index: 0, outpoint: source.outpoint, at: () => [] }
  }
}

function one(script: Uint8Array): Scripts {
  const scripts = [script]
  return { branches: 1, ranged: false, per_index: 1, outpoint: null, at: () => scripts }
}

/** @throws WatchError `watch-unreadable` where the row and its source contradict each other: neither can be trusted */
export function checkShape({ next_index, gap_limit }: Watch, { branches, ranged }: Scripts): void {
  if (next_index.length === branches && gap_limit > 0 === ranged) return
  throw new WatchError(
    'watch-unreadable',
    'a row of what is watched contradicts itself',
    'Report it, and restore the data directory from a backup; do not delete anything.',
  )
}
