/** Each vault's ladder beside the fee market, and whether the fee wallet makes up for what it lacks. */
import {
  type BumpMeans,
  type FeeReserve,
  type LadderState,
  type State,
  VAULT_RISKS,
  type Vault,
  type VaultRisk,
  headroom,
  vaultLadder,
  vaultRisk,
} from '@belfry/protocol'
import { satVb } from './units.ts'

export interface MarketView {
  readonly state: LadderState
  /** Of the U variant whose ladder is the weakest: the highest rung, alone and together with an unconfirmed U. */
  readonly top_sat_vb: number | null
  readonly top_package_sat_vb: number | null
  /** What bitcoind asks for confirmation within few blocks; null where it does not know. */
  readonly asked_sat_vb: number | null
  /** How many times what is asked the ladder pays. */
  readonly headroom: number | null
  /** What takes fee coins when the ladder is not enough. */
  readonly fee_coin_means: readonly BumpMeans[]
  /** Null while the vault is not at risk at today's fees. */
  readonly risk: VaultRisk | null
}

/** Null where the vault's coin has left. */
export function marketView({ volatile }: State, vault: Vault, reserve: FeeReserve | null): MarketView | null {
  const ladder = vaultLadder(vault, volatile)
  if (ladder === null) return null
  return {
    state: ladder.state,
    top_sat_vb: satVbOrNull(ladder.top_feerate),
    top_package_sat_vb: satVbOrNull(ladder.top_package_feerate),
    asked_sat_vb: satVbOrNull(ladder.asked),
    headroom: headroom(ladder),
    fee_coin_means: ladder.fee_coin_means.map(({ means }) => means),
    risk: vaultRisk(ladder, reserve),
  }
}

function satVbOrNull(feerate: number | null): number | null {
  return feerate === null ? null : satVb(feerate)
}

/** Of all vaults together: how many are at risk, by why, and the least headroom; null where none is known. */
export interface MarketCounts {
  readonly at_risk: Readonly<Record<VaultRisk, number>>
  readonly least_headroom: number | null
}

export function marketCounts(state: State, reserve: FeeReserve | null): MarketCounts {
  const views = [...state.durable.vaults.values()].flatMap((vault) => marketView(state, vault, reserve) ?? [])
  const at_risk = Object.fromEntries(VAULT_RISKS.map((risk) => [risk, 0])) as Record<VaultRisk, number>
  for (const { risk } of views) if (risk !== null) at_risk[risk] += 1
  const known = views.flatMap((view) => view.headroom ?? [])
  return { at_risk, least_headroom: known.length === 0 ? null : Math.min(...known) }
}
