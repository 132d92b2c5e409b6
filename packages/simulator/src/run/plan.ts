/** What a seed is about: drawn first and from a stream of its own, so that it can be told before anything happens. */
import { type ThresholdChoices, type Timing, checkThresholds, withDefaults } from '@belfry/protocol'
import type { MemberIndex, Millis } from '@belfry/protocol/primitives'
import { STRATEGIES, type Strategy } from '../adversary/index.ts'
import type { BitcoinFaults } from '../chain/index.ts'
import type { DealPlan } from '../federation/index.ts'
import type { NetworkFaults } from '../network/index.ts'
import { Random } from '../world/index.ts'
import { VIGIL_WORLDS } from './mishaps/vigil.ts'
import { FAULT_CLASSES, type FaultClass, type Swarm, drawSwarm } from './swarm.ts'

export type Story =
  | 'theft'
  /** U is seen, and then evicted everywhere and never mined. */
  | 'vanishing'
  /** The cold keys are stolen: the deposit is spent by what no manifest names. */
  | 'cold-theft'
  | 'quiet'

/** What keeps the federation from acting between the theft and the healing, so that there is something left to demand. */
export type Siege =
  | 'none'
  /** No member reaches another. */
  | 'apart'
  /** Too few members are up. */
  | 'down'
  /** No bitcoind hears of anything. */
  | 'blind'
  /** No miner takes a recovery transaction. */
  | 'censored'
  /** Too few see the theft, and are down soon; when their votes are old, one more sees it, and then the rest. */
  | 'late'

export interface Plan {
  readonly seed: number
  readonly members: number
  readonly thresholds: ThresholdChoices
  readonly timing: Timing
  readonly has_real_crypto: boolean
  readonly deal: DealPlan
  readonly has_second_generation: boolean
  /** It has unvaults of its own. */
  readonly renews_unvaults: boolean
  readonly story: Story
  /** Nothing goes wrong, for long: blocks, reorganisations of one block and a market that moves as it does. */
  readonly is_calm: boolean
  /** For how many periods one thing alone is wrong with one member; null in worlds that are none of these. */
  readonly vigil_periods: number | null
  readonly siege: Siege
  /** Before the thief strikes; else some time after. */
  readonly is_besieged_first: boolean
  /** The thief does not wait until the vault is enrolled. */
  readonly strikes_early: boolean
  readonly has_faults_from_start: boolean
  readonly goes_on_until_settled: boolean
  readonly corrupted: ReadonlyMap<MemberIndex, readonly Strategy[]>
  /** Honest, but what they sign may conflict: an old disk is put back there, or a second process runs. */
  readonly wayward: ReadonlySet<MemberIndex>
  /** More than b are corrupted: only safety is asked for. */
  readonly is_overrun: boolean
  readonly network: NetworkFaults
  readonly bitcoin: BitcoinFaults
  /** Every class of faults, and how strong it is; `network` and `bitcoin` are made of it. */
  readonly swarm: Swarm
  readonly sync_ms: number
  readonly snapshot_every: number
  readonly market: number
  /** The market is above the top rung: only a fee coin brings the recovery into a block. */
  readonly is_dear: boolean
  readonly has_fee_coins: ReadonlySet<MemberIndex>
}

const CLAWBACK_RUNGS = [2_000, 10_000, 50_000, 250_000] as const
const EMERGENCY_RUNGS = [10_000, 50_000, 250_000] as const
const UNVAULT_RATES = [2_000, 20_000, 100_000] as const
const MEANS = ['anyone-can-pay', 'anchored'] as const
const MOST_ABOVE_TOP = 1.8
const MOST_MEMBERS_IN_TURN = 5
const LONGEST_WINDOW = 48
const LATE_WINDOW = 36
/** Blocks. */
export const LONGEST_REORG = 6
/** Signatures that are real cost ten times as much. */
const REAL_CRYPTO_EVERY = 100
/** What runs cost grows with the rate of heartbeats, the length of the window and the square of the members: most are small. */
const HEARTBEATS_MS = often([10_000, 1], [20_000, 2], [30_000, 7])
const WINDOWS = often([12, 16], [24, 3], [36, 1], [48, 1])
const SIZES = often([3, 9], [4, 16], [5, 10], [6, 2], [7, 1], [9, 1])
const SIEGES: readonly Siege[] = ['none', 'none', 'apart', 'down', 'blind', 'censored']
const CALM: ReadonlySet<FaultClass> = new Set(FAULT_CLASSES)
/** What is usual. */
const CALM_CHAIN = { reorg: 0.1, longest_reorg: 1, drift: 1.05 } as const
/** Others' reorganisations would undo what makes them better than a bitcoind that is secluded. */
const VIGIL_CHAIN = { block_ms: 20_000, reorg: 0, drift: 1.05 } as const

/** Each value as many times as it says, to pick from. */
function often<T>(...values: readonly (readonly [T, number])[]): readonly T[] {
  return values.flatMap(([value, times]) => Array.from({ length: times }, () => value))
}

/** @param without classes of faults that do not exist, whatever the seed draws: the rest of it is as it is with them */
export function drawPlan(seed: number, members?: number, without?: ReadonlySet<FaultClass>): Plan {
  const random = new Random(seed, 'plan')
  const is_calm = random.chance(0.05)
  const drawn = drawSwarm(seed, is_calm ? CALM : without)
  const { vigils } = drawn
  const vigil = vigils && VIGIL_WORLDS[vigils]
  const swarm = vigil === null ? drawn : { ...drawSwarm(seed, CALM), vigils }
  const n = members ?? vigil?.members ?? random.pick(SIZES)
  const thresholds = vigil === null ? drawThresholds(random, n) : {}
  const { b, clawback } = withDefaults(n, thresholds)
  const is_overrun = vigil === null && random.chance(0.1)
  const most = is_overrun ? Math.min(clawback.q, clawback.t) - 1 : b
  const deal = drawDeal(random)
  const plan = {
    seed,
    members: n,
    thresholds,
    timing: { heartbeat_ms: (vigil?.heartbeat_ms ?? random.pick(HEARTBEATS_MS)) as Millis, suspect_periods: 3, dead_periods: 6 },
    has_real_crypto: seed % REAL_CRYPTO_EVERY === REAL_CRYPTO_EVERY - 1,
    deal,
    has_second_generation: random.chance(0.25) || swarm['late-cancels'],
    renews_unvaults: random.chance(0.5),
    is_calm,
    vigil_periods: vigil && vigil.periods,
    story: is_calm || vigil !== null ? ('quiet' as const) : drawStory(random),
    siege: random.pick(SIEGES),
    is_besieged_first: random.chance(0.5),
    // A vigil begins once the vault is enrolled.
    strikes_early: vigil === null && random.chance(0.1),
    has_faults_from_start: vigil === null && random.chance(0.4),
    goes_on_until_settled: random.chance(0.02) || (swarm.destructions && new Random(seed, 'destroyed at last').chance(0.1)),
    ...drawFallible(seed, n, { most, is_overrun }, swarm),
    is_overrun,
    network: {
      delay_ms: random.pick([5, 50, 400]),
      straggles: swarm.reordering,
      drops: swarm.loss,
      duplicates: swarm.duplication,
      replay_ms: swarm.replay,
    },
    bitcoin: { ...bitcoinOf(random, swarm), ...(is_calm ? CALM_CHAIN : {}), ...(vigil === null ? {} : VIGIL_CHAIN) },
    swarm,
    sync_ms: random.pick([1, 5, 60]),
    snapshot_every: random.pick([20, 200, 20_000]),
    market: Math.round(random.between(1_000, marketLimit({ deal, is_calm, is_dear: false }))),
  }
  return drawLateSiege(seed, { ...plan, ...drawFeeCoins(random, plan) })
}

/** By a stream of its own, and in a window that is long enough for votes to grow old. */
function drawLateSiege(seed: number, plan: Plan): Plan {
  const { story, members, strikes_early, deal } = plan
  const isFit = story === 'theft' && members <= MOST_MEMBERS_IN_TURN && !strikes_early
  if (!isFit || !new Random(seed, 'late siege').chance(0.08)) return plan
  return { ...plan, siege: 'late', is_besieged_first: true, deal: { ...deal, csv: Math.max(LATE_WINDOW, deal.csv) } }
}

type BeforeFees = Omit<Plan, 'is_dear' | 'has_fee_coins'>

/** Drawn last, so that the rest of every seed is as it is without. */
function drawFeeCoins(random: Random, { deal, story, market, members }: BeforeFees): Pick<Plan, 'deal' | 'market' | 'is_dear' | 'has_fee_coins'> {
  const all = Array.from({ length: members }, (_, at) => (at + 1) as MemberIndex)
  const means = random.chance(0.5) ? random.sample(MEANS, random.int(1, MEANS.length)) : []
  // Time for everybody's turn after the top rung has had its chance is only in a long window, and among few.
  const is_dear = means.length > 0 && story === 'theft' && members <= MOST_MEMBERS_IN_TURN && random.chance(0.2)
  if (!is_dear) return { deal: { ...deal, means }, market, is_dear, has_fee_coins: new Set(all.filter(() => random.chance(0.7))) }
  const dear = Math.round(topOf(deal) * random.between(1.1, MOST_ABOVE_TOP))
  return { deal: { ...deal, means, csv: LONGEST_WINDOW }, market: dear, is_dear, has_fee_coins: new Set(all) }
}

/** The highest that the market rises to: with urgency, a bid is above it in time. */
export function marketLimit({ deal, is_dear, is_calm }: Pick<Plan, 'deal' | 'is_dear' | 'is_calm'>): number {
  // Under every ladder, and under what the top rung pays together with a U that pays next to nothing: else to say so is right.
  if (is_calm) return Math.min(topOf(deal), Math.max(...deal.emergency)) / 2
  return is_dear ? topOf(deal) * MOST_ABOVE_TOP : topOf(deal)
}

function topOf({ clawback }: DealPlan): number {
  return Math.max(...clawback)
}

function drawThresholds(random: Random, n: number): ThresholdChoices {
  if (random.chance(0.6)) return {}
  const both = { q: random.int(2, n - 1), t: random.int(2, n - 1) }
  const chosen = { b: random.int(0, Math.floor((n - 1) / 3)), clawback: both, emergency: both, succession: both }
  return checkThresholds(n, withDefaults(n, chosen)).length === 0 ? chosen : {}
}

function drawDeal(random: Random): DealPlan {
  const some = (rates: readonly number[]): number[] => random.sample(rates, random.int(1, rates.length)).toSorted((a, b) => a - b)
  return {
    generation: 1,
    previous: null,
    csv: random.pick(WINDOWS),
    act_at: random.chance(0.25) ? 'mempool' : 'confirmation',
    unvaults: some(UNVAULT_RATES),
    clawback: some(CLAWBACK_RUNGS),
    emergency: some(EMERGENCY_RUNGS),
    activation_delay: random.int(1, 4),
    means: [],
    unvaults_of_generation: 1,
    spoils: random.chance(0.1),
  }
}

function drawStory(random: Random): Story {
  return random.pick(['theft', 'theft', 'theft', 'theft', 'theft', 'theft', 'vanishing', 'cold-theft', 'cold-theft', 'quiet'])
}

/**
 * Who lies, and who may come to say two things without wanting to: on a disk put back, or in two processes. Together they are
 * never more than the lock reckons with, for nobody can tell the one from the other.
 */
function drawFallible(
  seed: number,
  n: number,
  { most, is_overrun }: { most: number; is_overrun: boolean },
  swarm: Swarm,
): Pick<Plan, 'corrupted' | 'wayward'> {
  const random = new Random(seed, 'who lies')
  const members = random.sample(Array.from({ length: n }, (_, at) => (at + 1) as MemberIndex))
  if (swarm.vigils !== null) return { corrupted: new Map(), wayward: new Set(swarm.vigils === 'second-instance' ? members.slice(0, Math.min(1, most)) : []) }
  const liars = is_overrun ? most : random.int(0, most)
  const strategies = members.slice(0, liars).map((index) => [index, random.sample(STRATEGIES, random.int(1, 3))] as const)
  return {
    corrupted: new Map(swarm.liars ? strategies : []),
    wayward: new Set(members.slice(liars, most).filter(() => random.chance(0.7))),
  }
}

function bitcoinOf(random: Random, swarm: Swarm): BitcoinFaults {
  return {
    block_ms: random.pick([20_000, 30_000, 45_000]),
    block_relay_ms: random.pick([200, 2_000, 8_000]),
    slow_block: swarm['slow-blocks'],
    tx_relay_ms: random.pick([1_000, 11_000]),
    never_relayed: swarm['deaf-mempools'],
    left_out: swarm['left-out'],
    reorg: swarm.reorgs,
    longest_reorg: LONGEST_REORG,
    evicts: swarm.evictions,
    drift: swarm['fee-drift'],
    estimate_error: swarm['wrong-estimates'],
  }
}
