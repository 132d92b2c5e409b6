/** The node at a glance: what `belfry node status` prints. */
import {
  ACTIONS,
  type Action,
  type ActionThresholds,
  type ChainState,
  type IncidentStatus,
  type Network,
  type PeerLife,
  type QuarantineReason,
  type Standing,
  type State,
  incidentStatus,
  monocultureOf,
  standingOf,
} from '@belfry/protocol'
import type { Unseen } from '../chain/index.ts'
import { vaultOf } from './incidents.ts'
import { type MemberName, named } from './named.ts'
import { type Attention, attentionView } from './peers.ts'
import { type EpochSource, type ShellHealth, type Unready, nodeReadiness, readiness } from './readiness.ts'
import { satVb, utc } from './units.ts'
import { VAULT_STATES, type VaultState, isProtected, tipOf, vaultState } from './vaults.ts'

export const INCIDENT_STATUSES = [
  'alleged',
  'open',
  'certified',
  'recovering',
  'recovered',
  'secured',
  'gone',
  'lost',
  'settled',
] as const satisfies readonly IncidentStatus[]
/** A drill's end is none of these: drills are not counted among incidents. */
type CountedStatus = (typeof INCIDENT_STATUSES)[number]
export const PEER_LIVES = ['unknown', 'alive', 'suspect', 'dead'] as const satisfies readonly PeerLife[]

export interface StatusView {
  readonly member: MemberName & { readonly peer_id: string }
  readonly federation: {
    readonly name: string
    readonly network: Network
    readonly lock_hash: string
    readonly epoch: number
    readonly members: number
    /** Lying members that it is safe against. */
    readonly b: number
    readonly thresholds: Readonly<Record<Action, ActionThresholds>>
  }
  readonly software: string
  /** Starts of this member so far. */
  readonly boot: number
  readonly started_at: string | null
  readonly ready: boolean
  readonly reasons: readonly Unready[]
  /** How far it goes now: `starting` and `quarantined` ones vote and release nothing. */
  readonly standing: Standing
  /** Why it doubts its own disk or key; null where it does not. `belfry ledger show` says more. */
  readonly quarantine: { readonly reason: QuarantineReason; readonly since: string; readonly statements: number } | null
  readonly chain: {
    readonly state: ChainState
    readonly tip: { readonly height: number; readonly hash: string } | null
    readonly implementation: string | null
    readonly estimate_sat_vb: number | null
    readonly mempool_floor_sat_vb: number
    /** Blocks that bitcoind had pruned before they were read, and watched coins that are gone without a trace; null: none. */
    readonly unseen: Unseen | null
  }
  /** The other members by how they are; this one is not counted. */
  readonly peers: Readonly<Record<PeerLife, number>> & { readonly connected: number }
  /** Members, this one among them, of which something is not as it should be. */
  readonly attention: readonly Attention[]
  /** This node hears fewer than a majority: it may be the one that is cut off. */
  readonly isolated: boolean
  /** The bitcoind that more than n−t members run, so that one bug of it could stop the federation; null: none. */
  readonly monoculture: { readonly implementation: string; readonly members: number } | null
  readonly vaults: Readonly<Record<VaultState, number>> & { readonly protected: number; readonly exposed: number }
  readonly incidents: Readonly<Record<CountedStatus, number>>
  /** Pieces of evidence held against members. */
  readonly evidence: number
  /** Every epoch that this node serves, the newest first: what is said above of members, vaults and incidents is of that. */
  readonly epochs: readonly EpochView[]
}

/** What this member sees and guards under one lock. */
export interface EpochView extends Counts {
  readonly epoch: number
  readonly lock_hash: string
  readonly member: MemberName
  readonly members: number
  readonly ready: boolean
  readonly reasons: readonly Unready[]
}

/** @param older the newest of them first */
export function statusView(state: State, shell: ShellHealth, older: readonly EpochSource[] = []): StatusView {
  const {
    config: { federation, self, software },
    durable,
    volatile,
  } = state
  const { name, network, lock_hash, epoch, members, b, thresholds } = federation
  return {
    member: { ...named(federation, self), peer_id: federation.memberOf(self).peer_id },
    federation: {
      name,
      network,
      lock_hash,
      epoch,
      members: members.length,
      b,
      thresholds: Object.fromEntries(ACTIONS.map((action) => [action, { ...thresholds[action] }])) as Record<
        Action,
        ActionThresholds
      >,
    },
    software,
    boot: durable.boot,
    started_at: volatile.started_at === null ? null : utc(volatile.started_at),
    ...nodeReadiness({ state, shell }, older),
    standing: standingOf(state),
    quarantine: durable.quarantine && {
      reason: durable.quarantine.reason,
      since: utc(durable.quarantine.at_ms),
      statements: durable.quarantine.statements.length,
    },
    chain: {
      state: volatile.chain,
      tip: durable.position,
      implementation: volatile.implementation || null,
      estimate_sat_vb: volatile.estimate === null ? null : satVb(volatile.estimate),
      mempool_floor_sat_vb: satVb(volatile.mempool_floor),
      unseen: shell.unseen,
    },
    ...countsOf(state),
    attention: attentionView(state),
    isolated: volatile.is_isolated,
    monoculture: monocultureOf(state),
    epochs: [{ state, shell }, ...older].map(epochView),
  }
}

function epochView({ state, shell }: EpochSource): EpochView {
  const { federation, self } = state.config
  const { epoch, lock_hash, members } = federation
  return {
    epoch,
    lock_hash,
    member: named(federation, self),
    members: members.length,
    ...readiness(state, shell),
    ...countsOf(state),
  }
}

export type Counts = Pick<StatusView, 'peers' | 'vaults' | 'incidents' | 'evidence'>

/** Also what the metrics show. */
export function countsOf(state: State): Counts {
  const {
    config: { self },
    durable,
    volatile,
  } = state
  const peers = [...volatile.peers].filter(([member]) => member !== self).map(([, peer]) => peer)
  const vaults = [...durable.vaults.values()]
  const tip = tipOf(state)
  const incidents = [...durable.incidents.values()].flatMap((incident): CountedStatus[] => {
    const status = incidentStatus(vaultOf(state, incident), incident, tip)
    return incident.trigger === 'drill' || status === 'over' ? [] : [status]
  })
  return {
    peers: {
      ...tally(
        PEER_LIVES,
        peers.map(({ life }) => life),
      ),
      connected: peers.filter(({ connected }) => connected).length,
    },
    vaults: {
      ...tally(VAULT_STATES, vaults.map(vaultState)),
      protected: vaults.filter((vault) => isProtected(state, vault)).length,
      exposed: vaults.filter(({ exposed }) => exposed).length,
    },
    incidents: tally(INCIDENT_STATUSES, incidents),
    evidence: durable.evidence.size,
  }
}

function tally<K extends string>(kinds: readonly K[], found: readonly K[]): Record<K, number> {
  const counts = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<K, number>
  for (const kind of found) counts[kind] += 1
  return counts
}
