/** The members as this one sees them, itself included. */
import { type ChainState, type Peer, type PeerFlag, type PeerLife, type State, type TipClass, clockOffset, flagsOf } from '@belfry/protocol'
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
  /** How that stands to my chain; of myself, how mine stands to theirs. */
  readonly tip_class: TipClass
  readonly chain: ChainState | null
  readonly implementation: string | null
  readonly software: string | null
  readonly boot: number | null
  /** Its clock less mine; null while unknown. */
  readonly clock_offset_ms: number | null
  readonly flags: readonly PeerFlag[]
  /** Its answers of blocks since this node started. */
  readonly proofs: ProofsView
  /** Shares that did not match their commitment. */
  readonly bad_shares: number
  /** Conflicting statements that it signed. */
  readonly evidence: readonly { readonly id: string; readonly kind: string; readonly at: string }[]
}

export interface ProofsView {
  readonly right: number
  readonly wrong: number
  readonly missed: number
  /** The last was wrong, or several in a row were missed. */
  readonly in_doubt: boolean
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
  const own = volatile.peers.get(config.self)
  const flags = own ? flagsOf(durable, config.self, own) : []
  return {
    self: true,
    life: 'alive',
    connected: true,
    last_heard_at: null,
    tip: durable.position,
    tip_class: volatile.own_tip.class,
    chain: volatile.chain,
    implementation: volatile.implementation || null,
    software: config.software,
    boot: durable.boot,
    clock_offset_ms: null,
    flags: volatile.double_since !== null && !flags.includes('duplicate') ? [...flags, 'duplicate'] : flags,
    proofs: proofsOf(own),
    bad_shares: 0,
  }
}

function peerView({ durable, volatile }: State, index: MemberIndex): Seen {
  const peer = volatile.peers.get(index)
  const heartbeat = peer?.heartbeat ?? null
  return {
    self: false,
    life: peer?.life ?? 'unknown',
    connected: peer?.connected ?? false,
    last_heard_at: peer?.heard_at === null || peer === undefined ? null : utc(peer.heard_at),
    tip: heartbeat?.tip ?? null,
    tip_class: peer?.tip.class ?? 'unknown',
    chain: heartbeat?.chain ?? null,
    implementation: heartbeat?.implementation ?? null,
    software: heartbeat?.software ?? null,
    boot: heartbeat ? (peer?.boot ?? null) : null,
    clock_offset_ms: peer ? clockOffset(peer) : null,
    flags: peer ? flagsOf(durable, index, peer) : [],
    proofs: proofsOf(peer),
    bad_shares: peer?.bad_shares ?? 0,
  }
}

function proofsOf(peer: Peer | undefined): ProofsView {
  const { right, wrong, missed, told } = peer?.proofs ?? { right: 0, wrong: 0, missed: 0, told: null }
  return { right, wrong, missed, in_doubt: told !== null }
}

/** What is not as it should be with a member, in the words of its view; this node itself among them. */
export interface Attention {
  readonly member: MemberName
  readonly self: boolean
  readonly what: readonly (Extract<PeerLife, 'suspect' | 'dead'> | TipClass | PeerFlag | 'proofs-in-doubt')[]
}

/** The members that somebody should look after. */
export function attentionView(state: State): Attention[] {
  return peersView(state).flatMap(({ member, self, life, tip_class, flags, proofs }) => {
    const lives = life === 'suspect' || life === 'dead' ? [life] : []
    const tips = tip_class === 'in-sync' || tip_class === 'unknown' ? [] : [tip_class]
    const doubts = proofs.in_doubt ? (['proofs-in-doubt'] as const) : []
    const what = [...lives, ...tips, ...flags, ...doubts]
    return what.length === 0 ? [] : [{ member, self, what }]
  })
}
