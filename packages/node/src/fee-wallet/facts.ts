/** What the fee wallet asks of the core's state. */
import { type FeeReserve, type State, type Vault, manifestState } from '@belfry/protocol'
import type { IncidentId } from '@belfry/protocol/primitives'
import type { PoolNeeds } from '@belfry/vault'
import type { FeeWalletStatus } from './prepare.ts'

export function openIncidents({ durable }: State): ReadonlySet<IncidentId> {
  const open = [...durable.incidents].filter(([, { settled }]) => settled === null)
  return new Set(open.map(([id]) => id))
}

/** Vaults that have a transaction for which only a fee wallet pays. */
export interface PaidVaults {
  readonly anyone_can_pay: number
  readonly anchored: number
  /** With either, or both. */
  readonly any: number
}

export function paidVaults({ durable }: State): PaidVaults {
  const found = [...durable.vaults.values()].map(meansOf)
  return {
    anyone_can_pay: found.filter((means) => means.anyone_can_pay).length,
    anchored: found.filter((means) => means.anchored).length,
    any: found.filter((means) => means.anyone_can_pay || means.anchored).length,
  }
}

/** Both before there is any such vault: what comes first is not known. */
export function needsOf(state: State): PoolNeeds {
  const { anyone_can_pay, anchored, any } = paidVaults(state)
  return any === 0 ? { anyone_can_pay: true, anchored: true } : { anyone_can_pay: anyone_can_pay > 0, anchored: anchored > 0 }
}

/** For comparing the guarded vaults with the fee market. */
export function reserveOf(status: FeeWalletStatus): FeeReserve | null {
  if (status.state !== 'ready') return null
  const { reserve, carries } = status.reading
  return { sats: reserve, carries: { 'anyone-can-pay': carries.anyone_can_pay, anchored: carries.anchored } }
}

function meansOf(vault: Vault): PoolNeeds {
  const unvaults = vault.manifests
    .filter((held) => ['active', 'waiting', 'armed'].includes(manifestState(vault, held)))
    .flatMap(({ manifest }) => manifest.unvaults)
  return {
    anyone_can_pay: unvaults.some(({ anyone_can_pay }) => anyone_can_pay !== null),
    anchored: unvaults.some(({ anchored }) => anchored !== null),
  }
}
