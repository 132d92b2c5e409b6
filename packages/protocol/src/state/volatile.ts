/** What a member forgets at a restart: caches, peers' last words, work under way. Every map has its limit. */
import type { ChainState } from '../chain/index.ts'
import type { BumpAnswer } from '../core/input.ts'
import { MAX_ENVELOPES, MAX_MEMBERS, MAX_VAULTS } from '../custody/limits.ts'
import type { Manifest } from '../custody/manifest.ts'
import type { LadderWatch } from '../incident/market-watch.ts'
import { type Heartbeat, MAX_HEARTBEAT_INCIDENTS, MAX_HEARTBEAT_VAULTS } from '../messages/heartbeat.ts'
import type { EnrolRequest } from '../messages/owner-requests.ts'
import {
  BoundedMap,
  type EnvelopeId,
  type Feerate,
  type Hash32,
  type Height,
  type IncidentId,
  type LockHash,
  type ManifestHash,
  type MemberIndex,
  type MessageHash,
  type Millis,
  type Outpoint,
  type Txid,
  type VaultId,
} from '../primitives/index.ts'
import { type Flags, noFlags } from '../liveness/flags.ts'
import type { Silence } from '../liveness/judging.ts'
import { type ProofCounts, type Proofs, noProofCounts, noProofs } from '../proof-of-watching/state.ts'
import { type OwnTip, type PeerTip, noOwnTip, noTip } from '../tips/state.ts'
import { type Wait, newWait } from '../guard/waiting.ts'
import type { Buckets } from '../messages/budget.ts'
import type { SignedPart } from '../messages/evidence.ts'
import { Countdown } from './countdown.ts'
import { MAX_INCIDENTS } from './durable.ts'

/** Twenty heartbeat periods of 64 members and a busy incident. */
const MAX_SEEN = 8_192
/** Recent messages kept per sender to catch one that signs (boot, seq) twice. */
export const MAX_RECENT_PER_SENDER = 256
/** The same for one that signs for a slot twice: a share of each envelope of some vaults, and what is held for good besides. */
export const MAX_RECENT_SLOTS_PER_SENDER = 512
/** Enrolments being verified at once. */
export const MAX_PENDING_ENROLMENTS = 16
/** Envelopes for which shares are being gathered at once. */
const MAX_GATHERING = 64 * MAX_ENVELOPES
/** Release slots being sealed at once. */
export const MAX_SEALING = 4_096
/** Releases to me that are kept to be shown to who made them: 1 kB each. */
const MAX_SHOWN_RELEASES = 4_096
/** Transactions seen in votes that my bitcoind has been asked about. */
const MAX_SIGHTINGS = 1_024
/** As many as one heartbeat tells. */
const MAX_DIGESTS = MAX_HEARTBEAT_INCIDENTS + MAX_HEARTBEAT_VAULTS + 1
/** Incidents of other members' vaults that I remember not to ask for. */
const MAX_ELSEWHERE = 1_024
/** Every vault's deposit and unvault output, should one reorganisation undo them all. */
const MAX_UNDONE = 2 * MAX_VAULTS

/** Between members on different continents, votes and shares take less. */
export const TELL_CERTIFICATE_AFTER_MS = 500
/**
 * What others of the first b+1 broadcasters wait behind the first. A second one costs every member as much as the first does;
 * it is there for a first one that fails, and must not slow down one that does not (a hedged request: Dean and Barroso, "The
 * Tail at Scale"). Little beside the seconds that a transaction takes from one bitcoind to the next.
 */
export const SECOND_WAVE_AFTER_MS = 50

export type PeerLife = 'unknown' | 'alive' | 'suspect' | 'dead'

export interface Peer {
  /** What I hold of it: `dead` only where others do not hear it either. */
  life: PeerLife
  /** What my own ears say. */
  silence: Silence
  connected: boolean
  heard_at: Millis | null
  heartbeat: Heartbeat | null
  /** The newest heartbeat's (boot, seq), and the latest time at which one was sent by its sender's clock. */
  boot: number
  seq: number
  sent_at: number
  /** Its clock less mine at its last heartbeats, milliseconds. */
  readonly clock: number[]
  readonly flags: Flags
  readonly tip: PeerTip
  readonly proofs: ProofCounts
  pulled_at: Millis | null
  /** When a heartbeat of it was compared last with what I hold. */
  compared_at: Millis | null
  /** The number of the Pull that it has not answered to the end. */
  pull_open: number | null
  /** How many incidents, manifests and vaults I have asked it for: where the next Pull goes on when there is no room for all. */
  pulled_incidents: number
  pulled_manifests: number
  pulled_vaults: number
  /** How many of what it said itself I have shown it since it was connected. */
  own_shown: number
  /** Shares of this peer that did not match their commitment, and votes that my own chain contradicts. */
  bad_shares: number
}

export type ShareState = 'opening' | 'good' | 'bad'

/** The gathering of one envelope's shares. */
export interface Gathering {
  readonly shares: Map<MemberIndex, ShareState>
  rebuild: 'not-yet' | 'under-way' | 'rebuilt' | 'bad-dealer'
  /** What the story has yet to say of the rebuilding. */
  untold: { readonly at_ms: Millis; readonly txid: Txid; readonly feerate: Feerate | null } | null
  /** Good shares at the last attempt to rebuild. */
  tried_with: number
  submitting: boolean
  /** What bitcoind said last to its transaction, or the fee wallet. */
  answer: BumpAnswer | null
  /** Nothing has happened on the chain since that answer: asked again, bitcoind would give the same. */
  answer_stands: boolean
  /**
   * Of a means that takes fee coins: what the fee wallet was asked to pay, and at which tip of mine; `last`: what was paid last, or
   * refused for its price, from which the next bid rises.
   */
  bid: { readonly height: Height; readonly feerate: Feerate; readonly last: Feerate | null } | null
}

export interface FeeTurnClock {
  readonly turn: number
  readonly began_ms: Millis
  /** My tip from which silence is counted. */
  since: Height
  /** My tip when a recovery that a fee coin pays for stood in my mempool last; null where none did in this turn. */
  seen: Height | null
}

export interface PendingEnrolment {
  readonly request: Extract<EnrolRequest, { request: 'manifest' }>
  /** That of the request, parsed once. */
  readonly manifest: Manifest
  readonly waiting: number[]
  /** The deposit moved while the shell was looking: what it saw of it is no longer true. */
  moved: boolean
}

export interface ShownRelease {
  readonly from: MemberIndex
  /** My tip when it came. */
  readonly height: Height
  readonly frame: Uint8Array
}

export interface Volatile {
  started_at: Millis | null
  seq: number
  next_heartbeat_at: Millis
  heartbeat_sent_at: Millis
  /** Round-robin over open incidents where a heartbeat has no room for all. */
  heartbeat_turn: number
  /** The same over vaults with owners' messages. */
  heartbeat_vaults_turn: number
  chain: ChainState
  implementation: string
  estimate: Feerate | null
  mempool_floor: Feerate
  quorum_lost: boolean
  /** When the peers were judged last, and how long I have listened in this life, without the times when I could not. */
  judged_at: Millis | null
  listened_ms: number
  /** From when on a peer that never spoke is silent. */
  listening_since: Millis | null
  /** I hear fewer than a majority of the members. */
  is_isolated: boolean
  /** Since when I hear one again, listened time; null where I always did. */
  reachable_since: number | null
  /** The bitcoind that too many members run, as it has been told. */
  monoculture: string | null
  readonly own_tip: OwnTip
  readonly proofs: Proofs
  /** Of what I hold of each incident, vault and of evidence, as told in heartbeats; none is older than the last record. */
  readonly digests: BoundedMap<string, Hash32 | null>
  /** Null where custody has changed since it was made. */
  custody_digest: Hash32 | null
  /** Locks that others serve after this one and I do not, as far as that was told. */
  readonly successors_told: BoundedMap<LockHash, true>
  /** As custody's. */
  guarded_root: Hash32 | null
  /** Since when messages under my key are heard that I did not sign, listened time; it has been told. */
  double_since: number | null
  /** What I wait for before I vote. */
  wait: Wait
  readonly peers: Map<MemberIndex, Peer>
  /** Messages taken or refused before: not looked at again. */
  readonly seen: BoundedMap<MessageHash, true>
  /** Messages whose signature held. */
  readonly verified: BoundedMap<MessageHash, true>
  readonly recent: Map<MemberIndex, BoundedMap<string, SignedPart>>
  /** The same by sign-once slot. */
  readonly recent_slots: Map<MemberIndex, BoundedMap<string, SignedPart>>
  readonly budgets: {
    readonly forwarders: Map<MemberIndex, Buckets>
    readonly senders: Map<MemberIndex, Buckets>
    /** Of forwarders, for what does not decode. */
    readonly garbage: Map<MemberIndex, Buckets>
    /** Of members that pull, for what they are sent. */
    readonly answers: Map<MemberIndex, Buckets>
    /** Of the same, for being told what they said themselves. */
    readonly own_statements: Map<MemberIndex, Buckets>
  }
  readonly enrolments: Map<ManifestHash, PendingEnrolment>
  /** What has come of coins that were to be paid in later. No more than there are vaults. */
  readonly deposits: Map<VaultId, 'there' | 'differs'>
  readonly gatherings: BoundedMap<EnvelopeId, Gathering>
  readonly sealing: Set<string>
  /** Shares taken of incidents that nobody honest vouched for then, by sender: each has its own small room. */
  readonly early: Map<MemberIndex, Map<EnvelopeId, IncidentId>>
  /** Incidents of vaults that I do not hold: not asked for. Forgotten when a manifest is armed. */
  readonly elsewhere: BoundedMap<IncidentId, true>
  /** Releases to me as they came, by sender, incident and envelope: whoever lost what it signed is shown it. */
  readonly shown_releases: BoundedMap<string, ShownRelease>
  /** By incident and transaction: my tip when my bitcoind was asked last. */
  readonly sightings: BoundedMap<string, Height>
  /** Certificates of mine that I have told nobody yet. */
  readonly untold_certificates: Countdown<IncidentId>
  /** Of each of these, how many members have their turn to tell it before me. */
  readonly certificate_turns: BoundedMap<IncidentId, number>
  /** Incidents whose shares go to the first broadcaster alone so far, and those where others have their turn, too. */
  readonly second_waves: { readonly waiting: Countdown<IncidentId>; readonly begun: BoundedMap<IncidentId, true> }
  /** Hashes made before, by kind and vault, and by incident. */
  readonly incident_ids: BoundedMap<string, IncidentId>
  readonly orders: BoundedMap<IncidentId, readonly MemberIndex[]>
  /** Coins whose spend a reorganisation undid, and when, until the mempool or a block says what has become of it. */
  readonly undone: BoundedMap<Outpoint, Millis>
  /** Of each incident in which fee coins are spent: how long the turn has lasted. */
  readonly fee_turns: BoundedMap<IncidentId, FeeTurnClock>
  /** Vaults that are told to be held by too few members. */
  readonly unprotected: BoundedMap<VaultId, true>
  /** Whether each vault's ladder was under the fee market at the last blocks. */
  readonly ladders: BoundedMap<VaultId, LadderWatch>
}

export function emptyVolatile(members: readonly MemberIndex[]): Volatile {
  return {
    started_at: null,
    seq: 0,
    next_heartbeat_at: 0 as Millis,
    heartbeat_sent_at: 0 as Millis,
    heartbeat_turn: 0,
    heartbeat_vaults_turn: 0,
    chain: 'unreachable',
    implementation: '',
    estimate: null,
    mempool_floor: 0 as Feerate,
    quorum_lost: false,
    judged_at: null,
    listened_ms: 0,
    listening_since: null,
    is_isolated: false,
    reachable_since: null,
    monoculture: null,
    own_tip: noOwnTip(),
    proofs: noProofs(),
    digests: new BoundedMap(MAX_DIGESTS),
    custody_digest: null,
    guarded_root: null,
    successors_told: new BoundedMap(MAX_MEMBERS),
    double_since: null,
    wait: newWait('start', 0 as Millis),
    peers: new Map(members.slice(0, MAX_MEMBERS).map((index) => [index, newPeer()])),
    seen: new BoundedMap(MAX_SEEN),
    verified: new BoundedMap(MAX_SEEN),
    recent: new Map(members.map((index) => [index, new BoundedMap(MAX_RECENT_PER_SENDER)])),
    recent_slots: new Map(members.map((index) => [index, new BoundedMap(MAX_RECENT_SLOTS_PER_SENDER)])),
    budgets: { forwarders: new Map(), senders: new Map(), garbage: new Map(), answers: new Map(), own_statements: new Map() },
    enrolments: new Map(),
    deposits: new Map(),
    gatherings: new BoundedMap(MAX_GATHERING),
    sealing: new Set(),
    early: new Map(),
    elsewhere: new BoundedMap(MAX_ELSEWHERE),
    shown_releases: new BoundedMap(MAX_SHOWN_RELEASES),
    sightings: new BoundedMap(MAX_SIGHTINGS),
    untold_certificates: new Countdown(TELL_CERTIFICATE_AFTER_MS, MAX_INCIDENTS),
    certificate_turns: new BoundedMap(MAX_INCIDENTS),
    second_waves: { waiting: new Countdown(SECOND_WAVE_AFTER_MS, MAX_INCIDENTS), begun: new BoundedMap(MAX_INCIDENTS) },
    incident_ids: new BoundedMap(4 * MAX_VAULTS),
    orders: new BoundedMap(MAX_INCIDENTS),
    undone: new BoundedMap(MAX_UNDONE),
    fee_turns: new BoundedMap(MAX_INCIDENTS),
    unprotected: new BoundedMap(MAX_VAULTS),
    ladders: new BoundedMap(MAX_VAULTS),
  }
}

function newPeer(): Peer {
  return {
    life: 'unknown',
    silence: 'none',
    connected: false,
    heard_at: null,
    heartbeat: null,
    boot: -1,
    seq: -1,
    sent_at: 0,
    clock: [],
    flags: noFlags(),
    tip: noTip(),
    proofs: noProofCounts(),
    pulled_at: null,
    compared_at: null,
    pull_open: null,
    pulled_incidents: 0,
    pulled_manifests: 0,
    pulled_vaults: 0,
    own_shown: 0,
    bad_shares: 0,
  }
}
