/** Which coin pays. Pure. */
import { type Sats, sats } from '@belfry/protocol/primitives'
import { mostForChild } from '@belfry/vault'

/** A confirmed coin that is free for this bump. */
export interface Payable {
  readonly value: Sats
  /** What transactions of ours that spend it already pay: a replacement pays more than these, too. */
  readonly replaces: Sats
}

export interface Price {
  /** What A, or P, pays by itself. */
  readonly own: Sats
  /** All together: what was asked for. */
  readonly wanted: Sats
  /** All together: less is not relayed, or replaces nothing of what stands in its way. */
  readonly least: Sats
  /** What the fee wallet may spend on this now. */
  readonly room: Sats
}

export type Choice<Coin> =
  /** @property fee all together */
  | { readonly kind: 'coin'; readonly coin: Coin; readonly fee: Sats }
  | { readonly kind: 'no-coin' }
  | { readonly kind: 'over-budget' }

/**
 * For A, whose fee is the whole coin: the smallest that pays what is wanted; where none does, the largest that still gets
 * somewhere.
 */
export function chooseForJoin<Coin extends Payable>(coins: readonly Coin[], price: Price): Choice<Coin> {
  return chosen(coins, price, ({ value }) => {
    const fee = sats(price.own + value)
    return { fee, cost: value, reach: fee }
  })
}

/** For P's child, which gives change: likewise, and a large coin may pay a part of its value only. */
export function chooseForChild<Coin extends Payable>(coins: readonly Coin[], price: Price): Choice<Coin> {
  const { own, wanted, room } = price
  return chosen(coins, price, (coin) => {
    const most = mostForChild(coin.value)
    const asked = atLeastZero(max(wanted, sats(price.least + coin.replaces)) - own)
    const cost = min(min(most, asked), room)
    return { fee: sats(own + cost), cost, reach: sats(own + min(most, asked)) }
  })
}

interface Offer<Coin> {
  readonly coin: Coin
  readonly fee: Sats
  readonly cost: Sats
  /** The fee, were it not for the budget. */
  readonly reach: Sats
}

function chosen<Coin extends Payable>(
  coins: readonly Coin[], { wanted, least, room }: Price, offerOf: (coin: Coin) => Omit<Offer<Coin>, 'coin'>,
): Choice<Coin> {
  const useful = coins
    .map((coin): Offer<Coin> => ({ coin, ...offerOf(coin) }))
    .filter(({ coin, reach }) => reach >= least + coin.replaces)
  const allowed = useful.filter(({ coin, fee, cost }) => cost <= room && fee >= least + coin.replaces)
  const enough = allowed.filter(({ fee }) => fee >= wanted).toSorted(bySize)
  const best = enough[0] ?? allowed.toSorted(bySize).at(-1)
  if (best !== undefined) return { kind: 'coin', coin: best.coin, fee: best.fee }
  return { kind: useful.length > 0 ? 'over-budget' : 'no-coin' }
}

function bySize(a: Offer<Payable>, b: Offer<Payable>): number {
  return a.coin.value < b.coin.value ? -1 : a.coin.value > b.coin.value ? 1 : 0
}

function min(a: Sats, b: Sats): Sats {
  return a < b ? a : b
}

function max(a: Sats, b: Sats): Sats {
  return a > b ? a : b
}

function atLeastZero(value: bigint): Sats {
  return sats(value < 0n ? 0n : value)
}
