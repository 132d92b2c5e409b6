/** Every strategy against the same incidents of one regime. */
import { Random } from '../../packages/simulator/src/world/random.ts'
import { type Incident, type Outcome, incidentAt, play } from './incident.ts'
import { BEGINNINGS, type Regime, WARM_UP, WINDOW, historyOf } from './regimes.ts'
import { STRATEGIES, type Strategy, affordable } from './strategies.ts'

/** Vault values in BTC, by which fees are told in percent. */
export const VALUES_BTC = [0.01, 0.1, 1] as const
export type ValueBtc = (typeof VALUES_BTC)[number]

/** Incidents of one history share its events: more histories say more than more incidents. */
const MAX_HISTORIES = 500
const SATS_PER_BTC = 100_000_000

export interface Told {
  readonly strategy: Strategy
  readonly value_btc: ValueBtc
  /** In percent of all incidents. */
  readonly late: number
  /** Blocks until the clawback; the whole window where the hot key came first. */
  readonly blocks: readonly number[]
  /** In percent of the vault, of those mined in time. */
  readonly fees: readonly number[]
}

export interface Simulated {
  readonly regime: Regime
  /** Marginal feerates in sat/vB of all blocks in which an incident can stand. */
  readonly market: readonly number[]
  readonly told: readonly Told[]
  /** Sentences: what cannot be. */
  readonly wrong: readonly string[]
}

export function simulate(regime: Regime, count: number, seed: number): Simulated {
  const histories = Array.from({ length: Math.min(count, MAX_HISTORIES) }, (_, number) => historyOf(regime, seed, number))
  const random = new Random(seed, `incidents ${regime}`)
  const incidents = Array.from({ length: count }, (_, number): Incident => {
    const history = histories[number % histories.length]
    if (history === undefined) throw new RangeError('no history')
    return incidentAt(random, history, WARM_UP + random.int(0, BEGINNINGS - 1))
  })
  const wrong: string[] = []
  for (const { volume } of histories) {
    const missing = volume.arrived - volume.mined - volume.evicted - volume.left
    if (Math.abs(missing) > 1) wrong.push(`${regime}: ${missing} vB of a history are unaccounted for`)
  }
  const told = VALUES_BTC.flatMap((value_btc) => {
    const outcomes = STRATEGIES.map((strategy) => {
      const sats = value_btc * SATS_PER_BTC
      const built = affordable(strategy, sats)
      return { strategy, outcomes: incidents.map((incident) => play(incident, built, sats)) }
    })
    wrong.push(...outcomes.flatMap((one) => unminable(regime, one.strategy, incidents, one.outcomes)))
    return outcomes.map((one) => toldOf(one.strategy, value_btc, one.outcomes))
  })
  const market = histories.flatMap(({ marginal }) => Array.from(marginal.subarray(WARM_UP), (feerate) => feerate / 1_000))
  return { regime, market, told, wrong }
}

function toldOf(strategy: Strategy, value_btc: ValueBtc, outcomes: readonly Outcome[]): Told {
  const late = outcomes.filter(({ blocks }) => blocks === null).length
  return {
    strategy,
    value_btc,
    late: (100 * late) / outcomes.length,
    blocks: outcomes.map(({ blocks }) => blocks ?? WINDOW),
    fees: outcomes.flatMap(({ blocks, fee_sats }) => (blocks === null ? [] : [fee_sats / (value_btc * SATS_PER_BTC / 100)])),
  }
}

/** A block takes nothing that pays less than what it took least, and never passes over what pays more. */
function unminable(regime: Regime, strategy: Strategy, incidents: readonly Incident[], outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ blocks, feerate }, number) => {
    const incident = incidents[number]
    if (incident === undefined) return [`${regime}/${strategy.name}: an outcome of no incident`]
    const { history: { marginal }, start } = incident
    const takes = (block: number): boolean => feerate >= (marginal[start + block] ?? Infinity)
    if (blocks === null ? takes(WINDOW - 1) : !takes(blocks)) return [`${regime}/${strategy.name}: incident ${number} ended in the wrong block`]
    return []
  })
}
