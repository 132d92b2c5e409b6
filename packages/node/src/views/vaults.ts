/** The vaults that this member guards. */
import {
  type Coin,
  type FeeReserve,
  type HeldManifest,
  type Incident,
  type IncidentStatus,
  type ManifestState,
  type State,
  type Trigger,
  type Vault,
  confirmations,
  incidentStatus,
  manifestState,
} from '@belfry/protocol'
import { type IncidentId, type VaultId, sortedEntries } from '@belfry/protocol/primitives'
import { type MarketView, marketView } from './market.ts'
import { type MemberName, namedAll } from './named.ts'
import { satVb, satsNumber } from './units.ts'

/** The state of the manifest that counts: the active one, else the one that is furthest on its way. */
export const VAULT_STATES = ['active', 'waiting', 'armed', 'withdrawn'] as const
export type VaultState = (typeof VAULT_STATES)[number]

export interface VaultView {
  readonly vault_id: string
  /** Under whose lock it is guarded so: one that moves to a newer epoch is in both for a while. */
  readonly epoch: number
  /** As the newest manifest calls it. */
  readonly name: string
  readonly state: VaultState
  /** Enough members hold the manifest that counts: recovery works even with b liars. */
  readonly protected: boolean
  readonly exposed: boolean
  readonly deposit: DepositView
  readonly market: MarketView | null
  readonly manifests: readonly ManifestView[]
  readonly incidents: readonly {
    readonly incident_id: string
    readonly trigger: Trigger
    readonly status: IncidentStatus
  }[]
}

export interface DepositView {
  readonly outpoint: string
  readonly value_sats: number
  readonly spend: SpendView | null
}

export interface SpendView {
  readonly txid: string
  /** `offered`: in neither my chain nor my mempool, but my bitcoind would take it. */
  readonly seen: 'offered' | 'mempool' | 'confirmed'
  readonly block: { readonly height: number; readonly hash: string } | null
  readonly confirmations: number
}

export interface ManifestView {
  readonly manifest_hash: string
  readonly generation: number
  readonly state: ManifestState
  readonly csv_blocks: number
  readonly act_at: 'confirmation' | 'mempool'
  /** My tip when each came about; null where it has not. */
  readonly armed_height: number | null
  readonly bundle_height: number | null
  readonly activated_height: number | null
  /** Members whose receipts I hold, and how many make the vault protected. */
  readonly receipts: readonly MemberName[]
  readonly receipts_needed: number
  readonly unvaults: readonly { readonly txid: string; readonly clawback: readonly RungView[] }[]
  readonly emergency: readonly RungView[]
}

export interface RungView {
  readonly txid: string
  readonly sat_vb: number
  readonly fee_sats: number
}

/** @param reserve what the fee wallet can do for one vault; null without one */
export function vaultsView(state: State, reserve: FeeReserve | null): VaultView[] {
  // Once for all vaults: looking for each one's among all would cost the product of both.
  const incidents = Map.groupBy(sortedEntries(state.durable.incidents), ([, { vault_id }]) => vault_id)
  return sortedEntries(state.durable.vaults).map(([vault_id, vault]) =>
    vaultView(state, vault_id, vault, { incidents: incidents.get(vault_id) ?? [], reserve }),
  )
}

interface Beside {
  readonly incidents: readonly (readonly [IncidentId, Incident])[]
  readonly reserve: FeeReserve | null
}

function vaultView(state: State, vault_id: VaultId, vault: Vault, { incidents, reserve }: Beside): VaultView {
  const tip = tipOf(state)
  return {
    vault_id,
    epoch: state.config.federation.epoch,
    name: nameOfVault(vault),
    state: vaultState(vault),
    protected: isProtected(state, vault),
    exposed: vault.exposed,
    deposit: depositView(vault, tip),
    market: marketView(state, vault, reserve),
    manifests: vault.manifests.map((held) => manifestView(state, vault, held)),
    incidents: incidents.map(([incident_id, incident]) => ({
      incident_id,
      trigger: incident.trigger,
      status: incidentStatus(vault, incident, tip),
    })),
  }
}

export function tipOf({ durable }: State): number {
  return durable.position?.height ?? 0
}

/** Every vault was enrolled with a manifest. */
export function nameOfVault(vault: Vault): string {
  return vault.manifests.at(-1)?.manifest.name ?? ''
}

export function vaultState(vault: Vault): VaultState {
  const states = new Set(vault.manifests.map((held) => manifestState(vault, held)))
  return VAULT_STATES.find((one) => states.has(one)) ?? 'withdrawn'
}

export function isProtected({ config }: State, vault: Vault): boolean {
  const needed = config.federation.thresholds.clawback.protected
  const state = vaultState(vault)
  return vault.manifests.some((held) => manifestState(vault, held) === state && held.receipts.size >= needed)
}

function depositView(vault: Vault, tip: number): DepositView {
  const value = vault.manifests[0]?.manifest.deposit.value
  const coin = vault.coins.get(vault.deposit)
  return {
    outpoint: vault.deposit,
    value_sats: value === undefined ? 0 : satsNumber(value),
    spend: coin ? spendView(coin, tip) : null,
  }
}

export function spendView(coin: Coin, tip: number): SpendView | null {
  if (coin.confirmed) {
    const { tx, block } = coin.confirmed
    return { txid: tx.txid, seen: 'confirmed', block, confirmations: confirmations(coin, tip) }
  }
  const tx = coin.mempool ?? coin.offered
  return tx && { txid: tx.txid, seen: coin.mempool ? 'mempool' : 'offered', block: null, confirmations: 0 }
}

function manifestView({ config }: State, vault: Vault, held: HeldManifest): ManifestView {
  const { manifest } = held
  return {
    manifest_hash: held.hash,
    generation: manifest.generation,
    state: manifestState(vault, held),
    csv_blocks: manifest.csv,
    act_at: manifest.act_at,
    armed_height: held.armed_height,
    bundle_height: held.bundle_height,
    activated_height: held.activated_height,
    receipts: namedAll(config.federation, held.receipts.keys()),
    receipts_needed: config.federation.thresholds.clawback.protected,
    unvaults: manifest.unvaults.map(({ txid, clawback }) => ({ txid, clawback: clawback.map(rungView) })),
    emergency: manifest.emergency.map(rungView),
  }
}

function rungView({ txid, feerate, fee }: HeldManifest['manifest']['emergency'][number]): RungView {
  return { txid, sat_vb: satVb(feerate), fee_sats: satsNumber(fee) }
}
