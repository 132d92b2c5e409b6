/** What the core's state shows: the chain, the members, vaults and incidents, and why this node is not ready. */
import {
  type ChainState, type FeeReserve, PEER_FLAGS, type Standing, type State, TIP_CLASSES, VAULT_RISKS, monocultureOf, standingOf,
} from '@belfry/protocol'
import {
  type Counts,
  type DrillAge,
  INCIDENT_STATUSES,
  type MarketCounts,
  PEER_LIVES,
  type PeerView,
  READINESS_REASONS,
  type Readiness,
  type ShellHealth,
  VAULT_STATES,
  countsOf,
  drillAges,
  marketCounts,
  peersView,
  readiness,
} from '../views/index.ts'
import { type Family, type Sample, metric, oneOf } from './families.ts'

/** The state with its views, each made once for a scrape. */
export interface ShownState {
  readonly state: State
  readonly readiness: Readiness
  readonly counts: Counts
  readonly market: MarketCounts
  readonly drills: readonly DrillAge[]
  /** The other members. */
  readonly peers: readonly PeerView[]
}

export function shownState(state: State, shell: ShellHealth, reserve: FeeReserve | null): ShownState {
  const peers = peersView(state).filter(({ self }) => !self)
  return {
    state,
    readiness: readiness(state, shell),
    counts: countsOf(state),
    market: marketCounts(state, reserve),
    drills: drillAges(state),
    peers,
  }
}

const MS_PER_SECOND = 1_000
const STANDINGS = ['serving', 'starting', 'quarantined'] as const satisfies readonly Standing[]
const PROOF_RESULTS = ['right', 'wrong', 'missed'] as const
const CHAIN_STATES = ['ok', 'syncing', 'unreachable', 'wrong-chain'] as const satisfies readonly ChainState[]

export const STATE_METRICS: readonly Family<ShownState>[] = [
  metric('belfry_ready', '1 while this node could play its part in an incident.',
    ({ readiness: { ready } }) => (ready ? 1 : 0)),
  metric(
    'belfry_unready_reason',
    '1 for each reason why this node is not ready, 0 for the others.',
    ({ readiness: { reasons } }) =>
      oneOf(READINESS_REASONS, (reason) => reasons.some((found) => found.reason === reason)),
    ['reason'],
  ),
  metric('belfry_standing', '1 for how far this node goes now: starting and quarantined ones vote and release nothing.',
    ({ state }) => oneOf(STANDINGS, (one) => standingOf(state) === one), ['standing']),
  metric('belfry_tip_height_blocks', 'The block that this node has followed the chain to.',
    ({ state }) => state.durable.position?.height ?? null),
  metric('belfry_chain_state', '1 for how bitcoind answers now.',
    ({ state }) => oneOf(CHAIN_STATES, (one) => state.volatile.chain === one), ['state']),
  metric('belfry_mempool_floor_sat_per_kvb', 'Below this feerate bitcoind takes nothing into its mempool now.',
    ({ state }) => state.volatile.mempool_floor),
  metric('belfry_vaults', 'Vaults by the state of the manifest that counts.',
    ({ counts }) => VAULT_STATES.map((one) => [counts.vaults[one], one]), ['state']),
  metric('belfry_vaults_protected', 'Vaults that enough members hold for recovery to work even if b of them lie.',
    ({ counts }) => counts.vaults.protected),
  metric(
    'belfry_vaults_exposed',
    'Vaults of which a recovery transaction may be known outside although it did not confirm.',
    ({ counts }) => counts.vaults.exposed,
  ),
  metric(
    'belfry_vaults_at_risk',
    'Vaults whose ladder is under the fee market and that no fee coin of this node makes up for, by why.',
    ({ market }) => VAULT_RISKS.map((reason) => [market.at_risk[reason], reason]),
    ['reason'],
  ),
  metric('belfry_ladder_headroom_ratio', 'How many times what the fee market asks the weakest ladder pays.',
    ({ market }) => market.least_headroom),
  metric('belfry_incidents', 'Incidents by where they stand; drills are not among them.',
    ({ counts }) => INCIDENT_STATUSES.map((status) => [counts.incidents[status], status]), ['status']),
  metric('belfry_drill_age_blocks', 'Blocks since the vault whose last passed drill of this level is the oldest began it.',
    ({ drills }) => drills.flatMap(({ level, blocks }) => (blocks === null ? [] : [[blocks, String(level)]])), ['level']),
  metric(
    'belfry_drill_passed_timestamp_seconds',
    'When the vault whose last passed drill of this level is the oldest began it, in Unix time.',
    ({ drills }) =>
      drills.flatMap(({ level, commanded_at_ms }) =>
        commanded_at_ms === null ? [] : [[commanded_at_ms / MS_PER_SECOND, String(level)]],
      ),
    ['level'],
  ),
  metric('belfry_vaults_without_drill', 'Vaults that are not known to have passed a drill of this level.',
    ({ drills }) => drills.map(({ level, vaults_without }) => [vaults_without, String(level)]), ['level']),
  metric('belfry_evidence_pieces', 'Pairs of conflicting signed messages held against members.',
    ({ counts }) => counts.evidence),
  metric('belfry_ledger_entries', 'Slots that this member signed for.', ({ state }) => state.durable.ledger.size),
  metric(
    'belfry_member_info',
    'Always 1: the name of each member by its index, and which one this node is.',
    ({ state: { config } }) =>
      config.federation.members.map(({ index, name }) => [1, String(index), name, String(index === config.self)]),
    ['member', 'name', 'self'],
  ),
  metric('belfry_peers', 'The other members by how they are.',
    ({ counts }) => PEER_LIVES.map((life) => [counts.peers[life], life]), ['life']),
  metric('belfry_peer_connected', '1 while there is a connection to this member.',
    each(({ connected }) => (connected ? 1 : 0)), ['member']),
  metric(
    'belfry_peer_heard_timestamp_seconds',
    'When this member was last heard, in Unix time; nothing where it never was.',
    each(({ last_heard_at }) => (last_heard_at === null ? null : Date.parse(last_heard_at) / MS_PER_SECOND)),
    ['member'],
  ),
  metric('belfry_peer_tip_height_blocks', 'The tip that this member last told.',
    each(({ tip }) => tip?.height ?? null), ['member']),
  metric('belfry_tip_class', '1 for how the tip of this node stands to the others\'.',
    ({ state }) => oneOf(TIP_CLASSES, (one) => state.volatile.own_tip.class === one), ['class']),
  metric('belfry_isolated', '1 while this node hears fewer than a majority of the members.',
    ({ state }) => (state.volatile.is_isolated ? 1 : 0)),
  metric('belfry_monoculture', '1 while more than n−t members run one bitcoind of one version.',
    ({ state }) => (monocultureOf(state) === null ? 0 : 1)),
  metric('belfry_peer_tip_class', '1 for how the tip of this member stands to the chain of this node.',
    ({ peers }) => peers.flatMap(({ member, tip_class }) =>
      TIP_CLASSES.map((one) => [one === tip_class ? 1 : 0, String(member.index), one] as const)), ['member', 'class']),
  metric('belfry_peer_flag', '1 for each flag that this member has, 0 for the others.',
    ({ peers }) => peers.flatMap(({ member, flags }) =>
      PEER_FLAGS.map((flag) => [flags.includes(flag) ? 1 : 0, String(member.index), flag] as const)), ['member', 'flag']),
  metric('belfry_peer_clock_offset_seconds', 'The clock of this member less that of this node; nothing before it is known.',
    each(({ clock_offset_ms }) => (clock_offset_ms === null ? null : clock_offset_ms / MS_PER_SECOND)), ['member']),
  metric('belfry_peer_block_proofs_total', 'Blocks that this member was to prove that it has, by what it answered.',
    ({ peers }) => peers.flatMap(({ member, proofs }) =>
      PROOF_RESULTS.map((result) => [proofs[result], String(member.index), result] as const)), ['member', 'result']),
  metric('belfry_peer_bad_shares_total', 'Shares of this member that did not match what was committed to.',
    each(({ bad_shares }) => bad_shares), ['member']),
]

/** One sample for each other member for which there is a value. */
function each(value: (peer: PeerView) => number | null): (shown: ShownState) => readonly Sample[] {
  return ({ peers }) =>
    peers.flatMap((peer) => {
      const found = value(peer)
      return found === null ? [] : [[found, String(peer.member.index)] as const]
    })
}
