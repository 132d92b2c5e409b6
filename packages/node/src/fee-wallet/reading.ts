/** What is told of a fee wallet: plain values, read without asking anybody. */
import type { Feerate, Height, Sats } from '@belfry/protocol/primitives'
import { sats } from '@belfry/protocol/primitives'
import { anchoredCarries, anyoneCanPayCarries } from '@belfry/vault'
import type { PoolCoin } from './pool.ts'

export interface FeeWalletReading {
  readonly descriptor: string
  /** Never paid so far. */
  readonly next_address: string
  /** As they were at `height`, the most valuable first. */
  readonly coins: readonly PoolCoin[]
  /** The tip at which bitcoind was last asked; null: not yet. */
  readonly height: Height | null
  /** Old blocks are still searched for its coins. */
  readonly is_searching: boolean
  /** Confirmed, and spent by nothing. */
  readonly reserve: Sats
  /** One A, and one P: what the largest coin pays for within the budget. sat/kvB */
  readonly carries: { readonly anyone_can_pay: Feerate; readonly anchored: Feerate }
  readonly spent_in_window: Sats
  readonly left_in_window: Sats
  readonly bumps: Readonly<Record<BumpResult, number>>
  readonly splits: number
}

/** How bumps ended since the start. */
export const BUMP_RESULTS = ['accepted', 'refused', 'no-coin', 'over-budget', 'unreachable'] as const
export type BumpResult = (typeof BUMP_RESULTS)[number]

export function carriesOf(coins: readonly PoolCoin[], most: Sats): FeeWalletReading['carries'] {
  const free = coins.filter(({ status }) => status === 'confirmed').map(({ value }) => value)
  // An A takes the whole coin, so that one above the budget is none; a child takes a part.
  const forJoin = free.filter((value) => value <= most).reduce((a, b) => (b > a ? b : a), sats(0))
  const forChild = free.reduce((a, b) => (b > a ? b : a), sats(0))
  return { anyone_can_pay: anyoneCanPayCarries(forJoin), anchored: anchoredCarries(forChild < most ? forChild : most) }
}

/** One bump at 1,000 sat/vB, and one at 250 sat/vB for each further vault that may be stolen from at once. */
const FIRST_SATS = 350_000n
const EACH_SATS = 85_000n

/** Whether the window's limit leaves no room for a bump at 250 sat/vB. */
export function isBudgetSpent({ spent_in_window, left_in_window }: Pick<FeeWalletReading, 'spent_in_window' | 'left_in_window'>): boolean {
  return left_in_window === 0n || (spent_in_window > 0n && left_in_window < EACH_SATS)
}

/** What a wallet that pays for so many vaults should hold. */
export function reservesFor(vaults: number): Sats {
  return vaults === 0 ? sats(0) : sats(FIRST_SATS + BigInt(vaults - 1) * EACH_SATS)
}
