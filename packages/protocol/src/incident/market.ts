/** Whether a vault's ladder still pays what the fee market asks, and what there is beyond it. Pure reading of manifests. */
import type { BumpMeans } from '../core/effects.ts'
import type { Manifest, Rung, Unvault } from '../custody/manifest.ts'
import { type Feerate, type Infer, type Sats, s } from '../primitives/index.ts'
import { packageFeerate } from './rungs.ts'

/** As my own bitcoind tells it, in sat/kvB. */
export interface Market {
  /** For confirmation within few blocks; null where bitcoind has none. */
  readonly estimate: Feerate | null
  /** Below this my mempool takes nothing now. */
  readonly mempool_floor: Feerate
}

/** `near`: the top rung pays what is asked, but less than a fifth more. `unknown`: nothing asked, or no ladder. */
export const ladderState = s.oneOf('above', 'near', 'under', 'unknown')
export type LadderState = Infer<typeof ladderState>

/** What a fee wallet could do for one vault, in plain numbers. */
export interface FeeReserve {
  /** In confirmed coins. */
  readonly sats: Sats
  /** The best that it can carry one recovery transaction to, in sat/kvB. */
  readonly carries: Readonly<Record<BumpMeans, Feerate>>
}

/** What stands in for the top rung: with fee coins it reaches a feerate that no rung has. */
export interface FeeCoinMeans {
  readonly means: BumpMeans
  /** Virtual bytes to be paid for, with the coin's input or the child. */
  readonly vsize: number
  /** What it pays by itself. */
  readonly fee: Sats
}

/** Of the variant of U that the thief would choose: the one whose top rung pays least. */
export interface LadderMarket {
  /** The highest rung's, K alone once U is confirmed; of the emergency ladder where there is no U; null without a rung. */
  readonly top_feerate: Feerate | null
  /** Of U and the highest rung together, while U is unconfirmed; null where there is no U. */
  readonly top_package_feerate: Feerate | null
  /** What decides: the lower of both for a vault that acts in the mempool, else K alone. */
  readonly deciding_feerate: Feerate | null
  /** What the market asks. Without an estimate: the mempool's floor where the ladder is below it, else null, not known. */
  readonly asked: Feerate | null
  readonly state: LadderState
  readonly fee_coin_means: readonly FeeCoinMeans[]
}

/** Why a vault is at risk at today's fees. */
export const VAULT_RISKS = ['no-fee-coin-means', 'no-reserve', 'reserve-too-small'] as const
export type VaultRisk = (typeof VAULT_RISKS)[number]

/** A P2WPKH input that joins A. */
const COIN_INPUT_VSIZE = 68
/** The child that spends P's anchor and one coin (BIP-433). */
const ANCHOR_CHILD_VSIZE = 151

const NO_LADDER = {
  top_feerate: null,
  top_package_feerate: null,
  deciding_feerate: null,
  state: 'unknown',
  fee_coin_means: [],
} as const satisfies Omit<LadderMarket, 'asked'>

export function ladderMarket(manifest: Manifest, market: Market): LadderMarket {
  const weakest = least(topsOf(manifest), ({ deciding_feerate }) => deciding_feerate)
  if (weakest === null) {
    return { ...NO_LADDER, asked: askedBy(market, null) }
  }
  const asked = askedBy(market, weakest.deciding_feerate)
  return { ...weakest, asked, state: stateOf(weakest.deciding_feerate, asked) }
}

/** Of several manifests of one vault, each with U variants that a thief may hold: the one that pays least. Null for none. */
export function weakestLadder(manifests: readonly Manifest[], market: Market): LadderMarket | null {
  const ladders = manifests.map((manifest) => ladderMarket(manifest, market))
  return least(ladders, ({ deciding_feerate }) => deciding_feerate ?? Infinity)
}

/** Null where the ladder itself pays what is asked, where fee coins do, or where nobody knows what is asked. */
export function vaultRisk(ladder: LadderMarket, reserve: FeeReserve | null): VaultRisk | null {
  if (ladder.state !== 'under') return null
  if (ladder.fee_coin_means.length === 0) return 'no-fee-coin-means'
  if (reserve === null || reserve.sats === 0n) return 'no-reserve'
  return isCarried(ladder, reserve) ? null : 'reserve-too-small'
}

/** How many times what is asked the top rung pays; null where either is not known. */
export function headroom({ deciding_feerate, asked }: LadderMarket): number | null {
  return deciding_feerate === null || asked === null || asked === 0 ? null : deciding_feerate / asked
}

function least<T>(items: readonly T[], by: (item: T) => number): T | null {
  let found: T | null = null
  for (const item of items) if (found === null || by(item) < by(found)) found = item
  return found
}

/** Whatever the estimate would be: what the mempool does not take is never mined. */
function askedBy({ estimate, mempool_floor }: Market, ladder: Feerate | null): Feerate | null {
  if (estimate !== null) return Math.max(estimate, mempool_floor) as Feerate
  return ladder !== null && ladder < mempool_floor ? mempool_floor : null
}

type Top = Pick<LadderMarket, 'top_package_feerate' | 'fee_coin_means'> & {
  readonly top_feerate: Feerate
  readonly deciding_feerate: Feerate
}

function topsOf({ unvaults, emergency, act_at }: Manifest): Top[] {
  if (unvaults.length > 0) return unvaults.flatMap((unvault) => topOf(unvault, act_at))
  const top = emergency.at(-1)
  if (!top) return []
  return [{ top_feerate: top.feerate, top_package_feerate: null, deciding_feerate: top.feerate, fee_coin_means: [] }]
}

function topOf(unvault: Unvault, act_at: Manifest['act_at']): Top[] {
  const top = unvault.clawback.at(-1)
  if (!top) return []
  const together = packageFeerate(unvault, top)
  return [{
    top_feerate: top.feerate,
    top_package_feerate: together,
    deciding_feerate: act_at === 'mempool' ? (Math.min(together, top.feerate) as Feerate) : top.feerate,
    fee_coin_means: meansOf(unvault),
  }]
}

function meansOf({ anyone_can_pay, anchored }: Unvault): FeeCoinMeans[] {
  const means = (name: BumpMeans, { vsize, fee }: Rung, more: number) => ({ means: name, vsize: vsize + more, fee })
  return [
    ...(anchored ? [means('anchored', anchored, ANCHOR_CHILD_VSIZE)] : []),
    ...(anyone_can_pay ? [means('anyone-can-pay', anyone_can_pay, COIN_INPUT_VSIZE)] : []),
  ]
}

function stateOf(feerate: Feerate, asked: Feerate | null): LadderState {
  if (asked === null) return 'unknown'
  if (feerate < asked) return 'under'
  // In whole numbers: a fifth more than what is asked.
  return 5 * feerate < 6 * asked ? 'near' : 'above'
}

function isCarried({ asked, fee_coin_means }: LadderMarket, { sats, carries }: FeeReserve): boolean {
  if (asked === null) return false
  return fee_coin_means.some((one) => carries[one.means] >= asked && missingSats(one, asked) <= sats)
}

/** What a fee coin has to add for the means to pay this feerate. */
export function missingSats({ vsize, fee }: Pick<FeeCoinMeans, 'vsize' | 'fee'>, feerate: Feerate): bigint {
  const wanted = (BigInt(vsize) * BigInt(feerate) + 999n) / 1_000n
  return wanted > fee ? wanted - fee : 0n
}
