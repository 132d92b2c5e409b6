/** How a vault's ladder stands in the fee market, as each member's bitcoind sees it. */
import type { VaultInfo } from '@belfry/client'
import { type Json, type Style, satPerVb, sentenceList } from '../../output/index.ts'

type MaybeMarket = VaultInfo['market']
type Market = NonNullable<MaybeMarket>

const WORDS: Readonly<Record<Market['state'], string>> = {
  above: 'above the fee market',
  near: 'close to the fee market',
  under: 'under the fee market: a clawback may not confirm in time without fee coins',
  unknown: 'not compared with the fee market: no estimate',
}

export function marketJson(market: MaybeMarket): Json {
  if (market === null) return null
  const { top_feerate, estimate, state } = market
  return {
    top_sat_vb: top_feerate === null ? null : top_feerate / 1_000,
    estimate_sat_vb: estimate === null ? null : estimate / 1_000,
    state,
  }
}

/** Members that say the same stand together. Nothing of a vault whose coin has left. */
export function marketLines(
  told: readonly { readonly name: string; readonly market: MaybeMarket }[],
  style: Style,
): string[] {
  const markets = told.flatMap(({ name, market }) => (market === null ? [] : [{ name, market, words: wordsOf(market, style) }]))
  return [...Map.groupBy(markets, ({ words }) => words)].map(([words, who]) => {
    const names = who.map(({ name }) => name)
    return `  ladder ${words}, as ${sentenceList(names)} ${names.length === 1 ? 'sees' : 'see'} it`
  })
}

function wordsOf({ state, top_feerate, estimate }: Market, style: Style): string {
  const top = top_feerate === null ? 'no rung' : `top rung ${satPerVb(top_feerate)}`
  const asked = estimate === null ? '' : `, estimate ${satPerVb(estimate)}`
  const words = state === 'under' ? style('red', WORDS[state]) : WORDS[state]
  return `${words} (${top}${asked})`
}
