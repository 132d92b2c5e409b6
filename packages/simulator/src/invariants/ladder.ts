/** Where an envelope stands in its manifest, and which rungs are due: protocol.md's rules once more, apart from the core. */
import { type Action, type BumpMeans, type Manifest, type Rung, envelopesOf } from '@belfry/protocol'
import type { EnvelopeId, Txid } from '@belfry/protocol/primitives'
import type { Vaults } from '../shell/index.ts'

export interface Place {
  readonly manifest: Manifest
  readonly action: Action
  /** Of the variant whose output this ladder spends; null for emergency rungs. */
  readonly unvault: { readonly txid: Txid; readonly vsize: number; readonly fee: bigint } | null
  readonly ladder: readonly Rung[]
  readonly rung: number
  /** What takes a fee coin stands by itself, and this is the ladder that comes before it; null for a rung. */
  readonly means: { readonly kind: BumpMeans; readonly after: readonly Rung[] } | null
}

/** Null for the drill, and for an envelope of no deal. */
export function placeOf(vaults: Vaults, envelope_id: EnvelopeId): Place | null {
  const manifest = vaults.dealOf(envelope_id)?.manifest
  if (manifest === undefined) return null
  const at = (ladder: readonly Rung[]) => ladder.findIndex((rung) => rung.envelope_id === envelope_id)
  for (const unvault of manifest.unvaults) {
    const rung = at(unvault.clawback)
    const place = { manifest, action: 'clawback' as const, unvault }
    if (rung >= 0) return { ...place, ladder: unvault.clawback, rung, means: null }
    const { anyone_can_pay, anchored, clawback: after } = unvault
    if (anyone_can_pay?.envelope_id === envelope_id) {
      return { ...place, ladder: [anyone_can_pay], rung: 0, means: { kind: 'anyone-can-pay', after } }
    }
    if (anchored?.envelope_id === envelope_id) return { ...place, ladder: [anchored], rung: 0, means: { kind: 'anchored', after } }
  }
  const rung = at(manifest.emergency)
  return rung >= 0 ? { manifest, action: 'emergency', unvault: null, ladder: manifest.emergency, rung, means: null } : null
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
  const wanted = Math.max(market.estimate ?? 0, market.mempool_floor)
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
