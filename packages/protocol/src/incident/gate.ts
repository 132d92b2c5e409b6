/**
 * The release gate. A share leaves only if, at that moment, q valid votes are held, the trigger stands in my own chain or
 * mempool, my own verdict is still act, and the rung is due. It is asked twice: before a share is sealed, and again before
 * the sealed share is signed.
 */
import type { EnvelopeId, Txid } from '../primitives/index.ts'
import type { HeldManifest, Incident, Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { manifestInForce } from '../owner/authority.ts'
import { isCalledFor, isCommanded } from './cause.ts'
import { type Ladder, laddersDue } from './due.ts'
import { meansDue } from './means.ts'
import { type Standing, standingTrigger } from './trigger.ts'
import { countedVoters } from './votes.ts'

/** Envelopes to be released together, up to and including the one at `due`. A ladder, or a drill's envelope, which has no txid. */
export interface Releasable {
  readonly held: HeldManifest
  readonly rungs: readonly { readonly envelope_id: EnvelopeId; readonly txid: Txid | null }[]
  readonly due: number
  /** Not to the first members alone. */
  readonly to_all?: 'at-once' | 'after-a-block' | null
}

export interface OpenGate {
  /** Null where an order opened it, and no movement of the coin. */
  readonly standing: Standing | null
  readonly ladders: readonly Releasable[]
}

/** Of a means that takes fee coins: for who spends them changes, all have it at once. */
export function isOfMeans({ to_all }: Releasable): boolean {
  return to_all === 'at-once'
}

/** Null while the gate is shut. */
export function releaseGate(turn: Turn, vault: Vault, incident: Incident): OpenGate | null {
  if (incident.settled !== null) return null
  const { q } = turn.config.federation.thresholds[incident.action]
  if (countedVoters(incident.votes, turn.tip).length < q) return null
  if (isCommanded(incident.trigger)) return commandedGate(turn, vault, incident)
  const standing = standingTrigger(vault, incident.trigger)
  if (standing === null) return null
  const ladders = laddersDue(turn, vault, incident, standing).filter((ladder) => mayRelease(ladder, incident, standing))
  if (ladders.length === 0) return null
  const means = meansDue(turn, vault, incident, standing).map(
    ({ held, rung }): Releasable => ({ held, rungs: [rung], due: 0, to_all: 'at-once' }),
  )
  return { standing, ladders: [...ladders, ...means] }
}

/**
 * U gives the hot key nothing for the whole window, and a transaction that vanishes from the mempool must not cost the
 * secrecy of K: theft waits for one confirmation unless the owner chose otherwise, for this manifest's own ladder. Cold-theft
 * cannot wait.
 */
function mayRelease({ held }: Ladder, { trigger }: Incident, { block, offered }: Standing): boolean {
  return trigger === 'cold-theft' || block !== null || (!offered && held.manifest.act_at === 'mempool')
}

/** A panic opens every emergency rung; a drill the drill envelope of the manifest in force and nothing else. */
function commandedGate(turn: Turn, vault: Vault, incident: Incident): OpenGate | null {
  if (!isCalledFor(turn.config.self, vault, incident)) return null
  if (incident.trigger === 'panic') return { standing: null, ladders: laddersDue(turn, vault, incident, null) }
  const held = manifestInForce(vault)
  if (!held) return null
  return { standing: null, ladders: [{ held, rungs: [{ envelope_id: held.manifest.drill.envelope_id, txid: null }], due: 0 }] }
}
