/** Tells once when a vault's ladder falls under the fee market, and once when it is above it again. */
import { type VaultId, sortedEntries } from '../primitives/index.ts'
import type { Vault } from '../state/durable.ts'
import type { Turn } from '../state/turn.ts'
import { type LadderMarket, type Market, weakestLadder } from './market.ts'
import { finalSpend } from './trigger.ts'

/** Estimates jump: what is told has been so at this many blocks in a row. */
export const STEADY_BLOCKS = 3

/** Forgotten at a restart, after which a ladder that is still under the market is told again. */
export interface LadderWatch {
  /** As told last; a vault that nothing was told of is above. */
  readonly is_under: boolean
  /** Blocks in a row that have said otherwise. */
  readonly otherwise: number
}

const ABOVE: LadderWatch = { is_under: false, otherwise: 0 }

/** A vault's ladder beside the market; null where its coin has left and there is nothing to recover. */
export function vaultLadder(vault: Vault, market: Market): LadderMarket | null {
  if (finalSpend(vault) !== null) return null
  // Whatever else is armed may answer the very U that the thief has.
  return weakestLadder(vault.manifests.map(({ manifest }) => manifest), market)
}

/** A block was connected, with whatever bitcoind last told of the market. */
export function watchLadders(turn: Turn): void {
  if (turn.volatile.chain !== 'ok') return
  const news = new Map<VaultId, LadderMarket>()
  // With each block: to sort all vaults would take longer than to look at them.
  for (const [vault_id, vault] of turn.durable.vaults) {
    const ladder = changedLadder(turn, vault_id, vault)
    if (ladder !== null) news.set(vault_id, ladder)
  }
  for (const [vault_id, ladder] of sortedEntries(news)) tellLadder(turn, vault_id, ladder)
}

/** Null where there is nothing to tell. */
function changedLadder(turn: Turn, vault_id: VaultId, vault: Vault): LadderMarket | null {
  const { ladders } = turn.volatile
  const ladder = vaultLadder(vault, turn.volatile)
  if (ladder === null) {
    ladders.delete(vault_id)
    return null
  }
  const watch = ladders.get(vault_id) ?? ABOVE
  const is_under = ladder.state === 'under'
  const isNews = ladder.state !== 'unknown' && is_under !== watch.is_under
  const otherwise = isNews ? watch.otherwise + 1 : 0
  if (otherwise < STEADY_BLOCKS) {
    if (otherwise !== watch.otherwise) ladders.set(vault_id, { is_under: watch.is_under, otherwise })
    return null
  }
  ladders.set(vault_id, { is_under, otherwise: 0 })
  return ladder
}

function tellLadder(turn: Turn, vault_id: VaultId, ladder: LadderMarket): void {
  const is_under = ladder.state === 'under'
  turn.tell({
    level: is_under ? 'error' : 'info',
    event: is_under ? 'ladder-under-market' : 'ladder-above-market',
    vault_id,
    ...(ladder.deciding_feerate === null ? {} : { feerate: ladder.deciding_feerate }),
    detail: `the market asks ${(ladder.asked ?? 0) / 1_000} sat/vB`,
  })
}
