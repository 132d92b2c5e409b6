import type { BelfryCore, Federation } from '@belfry/protocol'
import type { Strategy } from '../adversary/index.ts'
import type { CryptoSuite } from '../crypto/index.ts'
import type { SimMember } from '../member/index.ts'
import type { Plan } from '../run/plan.ts'

/**
 * A bug that the simulator must find, sitting in a wrapper around the core or its surroundings and never in the core. Each
 * says which invariants may catch it, and within how many seeds from 0 one of them does.
 */
export interface PlantedBug {
  readonly name: string
  readonly what: string
  readonly caught_by: readonly string[]
  readonly within_seeds: number
  /** Only seeds with such a plan are tried, and counted: for a bug that no other world can show, where few seeds draw one. */
  readonly shown_in?: (plan: Plan) => boolean
  /** The cryptography of the whole world. */
  readonly suite?: (suite: CryptoSuite) => CryptoSuite
  /** The federation as the members take it. */
  readonly federation?: (federation: Federation) => Federation
  readonly core?: (core: BelfryCore, member: SimMember) => BelfryCore
}

/** Worlds in which somebody follows this strategy. */
export function withLiar(strategy: Strategy): (plan: Plan) => boolean {
  return ({ corrupted }) => [...corrupted.values()].flat().includes(strategy)
}
