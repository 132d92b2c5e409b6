/** The members as this one sees them, itself included. */
import type { ChainState, PeerLife, State } from '@belfry/protocol'
import { type MemberIndex, sortedEntries } from '@belfry/protocol/primitives'
import { type MemberName, named } from './named.ts'
import { utc } from './units.ts'

export interface PeerView {
  readonly member: MemberName
  readonly peer_id: string
  readonly self: boolean
  readonly life: PeerLife
  readonly connected: boolean
  readonly last_heard_at: string | null
  /** From its last heartbeat, as it says; null before one came. */
  readonly tip: { readonly height: number; readonly hash: string } | null
  readonly chain: ChainState | null
  readonly implementation: string | null
  readonly software: string | null
  readonly boot: number | null
  /** Shares that did not match their commitment. */
  readonly bad_shares: number
  /** Conflicting statements that it signed. */
  readonly evidence: readonly { readonly id: string; readonly kind: string; readonly at: string }[]
}

export function peersView(state: State): PeerView[] {
  const evidence = Map.groupBy(sortedEntries(state.durable.evidence), ([, { member }]) => member)
  return state.config.federation.members.map(({ index, peer_id }) => ({
    member: named(state.config.federation, index),
    peer_id,
    ...(index === state.config.self ? ownView(state) : peerView(state, index)),
    evidence: (evidence.get(index) ?? []).map(([id, { kind, at_ms }]) => ({ id, kind, at: utc(at_ms) })),
  }))
}

type Seen = Omit<PeerView, 'member' | 'peer_id' | 'evidence'>

function ownView({ config, durable, volatile }: State): Seen {
  return {
    self: true,
    life: 'alive',
    connected: true,
    last_heard_at: null,
    tip: durable.position,
    chain: volatile.chain,
    implementation: volatile.implementation || null,
    software: config.software,
    boot: durable.boot,
    bad_shares: 0,
  }
}

function peerView({ volatile }: State, index: MemberIndex): Seen {
  const peer = volatile.peers.get(index)
  const heartbeat = peer?.heartbeat ?? null
  return {
    self: false,
    life: peer?.life ?? 'unknown',
    connected: peer?.connected ?? false,
    last_heard_at: peer?.heard_at === null || peer === undefined ? null : utc(peer.heard_at),
    tip: heartbeat?.tip ?? null,
    chain: heartbeat?.chain ?? null,
    implementation: heartbeat?.implementation ?? null,
    software: heartbeat?.software ?? null,
    boot: heartbeat ? (peer?.boot ?? null) : null,
    bad_shares: peer?.bad_shares ?? 0,
  }
}
