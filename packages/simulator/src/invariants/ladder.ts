/** Where an envelope stands in its manifest, and which rungs are due: protocol.md's rules once more, apart from the core. */
import { type Action, type Manifest, type Rung, envelopesOf } from '@belfry/protocol'
import type { EnvelopeId, Txid } from '@belfry/protocol/primitives'
import type { Vaults } from '../shell/index.ts'

export interface Place {
  readonly manifest: Manifest
  readonly action: Action
  /** Of the variant whose output this ladder spends; null for emergency rungs. */
  readonly unvault: { readonly txid: Txid; readonly vsize: number; readonly fee: bigint } | null
  readonly ladder: readonly Rung[]
  readonly rung: number
}

/** Null for the drill, and for an envelope of no deal. */
export function placeOf(vaults: Vaults, envelope_id: EnvelopeId): Place | null {
  const manifest = vaults.dealOf(envelope_id)?.manifest
  if (manifest === undefined) return null
  const at = (ladder: readonly Rung[]) => ladder.findIndex((rung) => rung.envelope_id === envelope_id)
  for (const unvault of manifest.unvaults) {
    const rung = at(unvault.clawback)
    if (rung >= 0) return { manifest, action: 'clawback', unvault, ladder: unvault.clawback, rung }
  }
  const rung = at(manifest.emergency)
  return rung >= 0 ? { manifest, action: 'emergency', unvault: null, ladder: manifest.emergency, rung } : null
}

export interface Market {
  readonly estimate: number | null
  readonly mempool_floor: number
}

/** The highest rung due `blocks` after U confirmed; null blocks while it is unconfirmed. */
export function highestDue({ manifest, unvault, ladder }: Place, blocks: number | null, market: Market): number {
  const top = ladder.length - 1
  const half = Math.max(1, Math.floor(manifest.csv / 2))
  const floor = Math.min(top, Math.floor(((blocks ?? 0) * top) / half))
  if (market.estimate === null) return floor
  const wanted = Math.max(market.estimate, market.mempool_floor)
  const pays = (rung: Rung): number => {
    if (blocks !== null || unvault === null) return rung.feerate
    return Math.floor((Number(unvault.fee + rung.fee) * 1_000) / (unvault.vsize + rung.vsize))
  }
  const found = ladder.findIndex((rung) => pays(rung) >= wanted)
  return Math.max(floor, Math.min(found === -1 ? top : found, floor + 1, top))
}

export function envelopeCount(manifest: Manifest): number {
  return envelopesOf(manifest).length
}
