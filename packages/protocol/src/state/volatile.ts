/** What a member forgets at a restart: caches, peers' last words, work under way. Every map has its limit. */
import type { ChainState } from '../chain/index.ts'
import type { BumpAnswer } from '../core/input.ts'
import { MAX_ENVELOPES, MAX_MEMBERS, MAX_VAULTS } from '../custody/limits.ts'
import type { LadderWatch } from '../incident/market-watch.ts'
import type { Heartbeat } from '../messages/heartbeat.ts'
import type { EnrolRequest } from '../messages/owner-requests.ts'
import {
  BoundedMap,
  type EnvelopeId,
  type Feerate,
  type Hash32,
  type Height,
  type IncidentId,
  type ManifestHash,
  type MemberIndex,
  type MessageHash,
  type Millis,
  type Outpoint,
  type Txid,
  type VaultId,
} from '../primitives/index.ts'
import type { Buckets } from '../messages/budget.ts'
import { Countdown } from './countdown.ts'
import { MAX_INCIDENTS } from './durable.ts'

/** Twenty heartbeat periods of 64 members and a busy incident. */
const MAX_SEEN = 8_192
/** Recent messages kept per sender to catch one that signs (boot, seq) twice. */
export const MAX_RECENT_PER_SENDER = 256
/** Enrolments being verified at once. */
export const MAX_PENDING_ENROLMENTS = 16
/** Envelopes for which shares are being gathered at once. */
const MAX_GATHERING = 64 * MAX_ENVELOPES
/** Release slots being sealed at once. */
export const MAX_SEALING = 4_096
/** Transactions seen in votes that my bitcoind has been asked about. */
const MAX_SIGHTINGS = 1_024
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
  life: PeerLife
  connected: boolean
  heard_at: Millis | null
  heartbeat: Heartbeat | null
  /** The newest heartbeat's (boot, seq). */
  boot: number
  seq: number
  pulled_at: Millis | null
  /** How many incidents, manifests and vaults I have asked it for: where the next Pull goes on when there is no room for all. */
  pulled_incidents: number
  pulled_manifests: number
  pulled_vaults: number
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
  readonly waiting: number[]
  readonly deposit: Outpoint
  /** The deposit moved while the shell was looking: what it saw of it is no longer true. */
  moved: boolean
}

export interface RecentMessage {
  readonly signed: Uint8Array
  readonly signature: Uint8Array
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
  /** Null where custody has changed since it was made. */
  custody_digest: Hash32 | null
  /** A message of mine was heard that I did not sign in this life. */
  has_double: boolean
  readonly peers: Map<MemberIndex, Peer>
  /** Messages taken or refused before: not looked at again. */
  readonly seen: BoundedMap<MessageHash, true>
  /** Messages whose signature held. */
  readonly verified: BoundedMap<MessageHash, true>
  readonly recent: Map<MemberIndex, BoundedMap<string, RecentMessage>>
  readonly budgets: {
    readonly forwarders: Map<MemberIndex, Buckets>
    readonly senders: Map<MemberIndex, Buckets>
    /** Of forwarders, for what does not decode. */
    readonly garbage: Map<MemberIndex, Buckets>
    /** Of members that pull, for what they are sent. */
    readonly answers: Map<MemberIndex, Buckets>
  }
  readonly enrolments: Map<ManifestHash, PendingEnrolment>
  /** What has come of coins that were to be paid in later. No more than there are vaults. */
  readonly deposits: Map<VaultId, 'there' | 'differs'>
  readonly gatherings: BoundedMap<EnvelopeId, Gathering>
  readonly sealing: Set<string>
  /** Shares taken of incidents that nobody honest vouched for then, by sender: each has its own small room. */
  readonly early: Map<MemberIndex, Map<EnvelopeId, IncidentId>>
  /** By incident and transaction: my tip when my bitcoind was asked last. */
  readonly sightings: BoundedMap<string, Height>
  /** Certificates of mine that I have told nobody yet. */
  readonly untold_certificates: Countdown<IncidentId>
  /** Incidents whose shares go to the first broadcaster alone so far, and those where others have their turn, too. */
  readonly second_waves: { readonly waiting: Countdown<IncidentId>; readonly begun: BoundedMap<IncidentId, true> }
  /** Hashes made before, by kind and vault, and by incident. */
  readonly incident_ids: BoundedMap<string, IncidentId>
  readonly orders: BoundedMap<IncidentId, readonly MemberIndex[]>
  /** Coins whose spend a reorganisation undid, and when, until the mempool or a block says what has become of it. */
  readonly undone: BoundedMap<Outpoint, Millis>
  /** Of each incident in which fee coins are spent: how long the turn has lasted. */
  readonly fee_turns: BoundedMap<IncidentId, FeeTurnClock>
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
    custody_digest: null,
    has_double: false,
    peers: new Map(members.slice(0, MAX_MEMBERS).map((index) => [index, newPeer()])),
    seen: new BoundedMap(MAX_SEEN),
    verified: new BoundedMap(MAX_SEEN),
    recent: new Map(members.map((index) => [index, new BoundedMap(MAX_RECENT_PER_SENDER)])),
    budgets: { forwarders: new Map(), senders: new Map(), garbage: new Map(), answers: new Map() },
    enrolments: new Map(),
    deposits: new Map(),
    gatherings: new BoundedMap(MAX_GATHERING),
    sealing: new Set(),
    early: new Map(),
    sightings: new BoundedMap(MAX_SIGHTINGS),
    untold_certificates: new Countdown(TELL_CERTIFICATE_AFTER_MS, MAX_INCIDENTS),
    second_waves: { waiting: new Countdown(SECOND_WAVE_AFTER_MS, MAX_INCIDENTS), begun: new BoundedMap(MAX_INCIDENTS) },
    incident_ids: new BoundedMap(4 * MAX_VAULTS),
    orders: new BoundedMap(MAX_INCIDENTS),
    undone: new BoundedMap(MAX_UNDONE),
    fee_turns: new BoundedMap(MAX_INCIDENTS),
    ladders: new BoundedMap(MAX_VAULTS),
  }
}

function newPeer(): Peer {
  return {
    life: 'unknown',
    connected: false,
    heard_at: null,
    heartbeat: null,
    boot: -1,
    seq: -1,
    pulled_at: null,
    pulled_incidents: 0,
    pulled_manifests: 0,
    pulled_vaults: 0,
    bad_shares: 0,
  }
}
