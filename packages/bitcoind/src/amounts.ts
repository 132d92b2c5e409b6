import { type Feerate, type Sats, sats } from '@belfry/protocol/primitives'

/**
 * bitcoind writes amounts as decimal BTC. JSON.parse makes a double of that, and nothing is lost: up to 21 million BTC
 * (under 2^25) doubles lie at most 2^-28 BTC, that is 0.37 satoshi, apart, so that the 8 decimals nearest to the double
 * are those that were written; `toFixed` finds them exactly (ECMA-262: the n for which n/10^f − x is closest to zero).
 */
const DECIMALS = 8

/** @throws RangeError when it is no amount: negative, over 21 million BTC, not finite, more than 8 decimals */
export function btcToSats(btc: number): Sats {
  return sats(satoshisOf(btc))
}

/** sat/kvB from BTC/kvB. @throws RangeError as btcToSats */
export function btcPerKvbToFeerate(btcPerKvb: number): Feerate {
  // At most 21e14: far below 2^53.
  return Number(sats(satoshisOf(btcPerKvb))) as Feerate
}

function satoshisOf(btc: number): bigint {
  // toFixed turns to exponents at 1e21.
  if (!(btc >= 0 && btc <= 21_000_000)) throw new RangeError('not an amount in BTC')
  const decimal = btc.toFixed(DECIMALS)
  if (Number(decimal) !== btc) throw new RangeError('an amount in BTC has at most 8 decimals')
  return BigInt(decimal.replace('.', ''))
}
