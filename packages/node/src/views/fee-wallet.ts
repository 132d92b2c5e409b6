/** The fee wallet: what it holds, what feerate that can carry, and what an operator should do about it. */
import type { State } from '@belfry/protocol'
import {
  type FeeWalletReading, type FeeWalletStatus, type PaidVaults, type PoolCoin, type PoolCoinStatus, isBudgetSpent, paidVaults, reservesFor,
} from '../fee-wallet/index.ts'
import { satVb, satsNumber } from './units.ts'

export interface FeeWalletView {
  /** `none`: no key was made; `failed`: there is one, and it does not open. */
  readonly state: FeeWalletStatus['state']
  /** Where to send coins to next; null without a wallet. */
  readonly next_address: string | null
  readonly descriptor: string | null
  readonly height: number | null
  readonly coins: readonly FeeCoinView[]
  /** Confirmed and free. */
  readonly reserve_sats: number
  /** What the guarded vaults call for; 0 where none has a transaction that needs it. */
  readonly recommended_sats: number
  /** What one transaction of each kind could pay now. */
  readonly carries: { readonly anyone_can_pay_sat_vb: number; readonly anchored_sat_vb: number }
  readonly budget: { readonly spent_in_window_sats: number; readonly left_in_window_sats: number }
  /** Guarded vaults by what the fee wallet would pay for. */
  readonly vaults: PaidVaults
  readonly warnings: readonly FeeWalletWarning[]
}

export interface FeeCoinView {
  readonly outpoint: string
  readonly value_sats: number
  readonly status: PoolCoinStatus
  readonly confirmations: number
}

export const FEE_WALLET_WARNINGS = ['missing', 'failed', 'empty', 'reserve-too-small', 'budget-spent', 'searching'] as const
export interface FeeWalletWarning {
  readonly warning: (typeof FEE_WALLET_WARNINGS)[number]
  readonly message: string
  readonly remedy: string
}

export function feeWalletView(state: State, status: FeeWalletStatus): FeeWalletView {
  const vaults = paidVaults(state)
  const reading = status.state === 'ready' ? status.reading : null
  return {
    state: status.state,
    next_address: reading?.next_address ?? null,
    descriptor: reading?.descriptor ?? null,
    height: reading?.height ?? null,
    coins: (reading?.coins ?? []).map(coinView),
    reserve_sats: reading === null ? 0 : satsNumber(reading.reserve),
    recommended_sats: satsNumber(reservesFor(vaults.any)),
    carries: {
      anyone_can_pay_sat_vb: reading === null ? 0 : satVb(reading.carries.anyone_can_pay),
      anchored_sat_vb: reading === null ? 0 : satVb(reading.carries.anchored),
    },
    budget: {
      spent_in_window_sats: reading === null ? 0 : satsNumber(reading.spent_in_window),
      left_in_window_sats: reading === null ? 0 : satsNumber(reading.left_in_window),
    },
    vaults,
    warnings: warningsOf(status, vaults),
  }
}

function coinView({ outpoint, value, status, confirmations }: PoolCoin): FeeCoinView {
  return { outpoint, value_sats: satsNumber(value), status, confirmations }
}

function warningsOf(status: FeeWalletStatus, { any }: PaidVaults): FeeWalletWarning[] {
  if (status.state === 'failed') {
    return [{ warning: 'failed', message: `The fee wallet does not open: ${status.message}.`, remedy: status.remedy }]
  }
  if (status.state === 'ready') return readingWarnings(status.reading, any)
  if (any === 0) return []
  return [{
    warning: 'missing',
    message: `A fee wallet would pay for a clawback of ${any} guarded ${vaultWord(any)}, and this node has none.`,
    remedy: 'Make its key with belfry node fees create, restart the node, and fund it.',
  }]
}

function vaultWord(count: number): string {
  return count === 1 ? 'vault' : 'vaults'
}

function readingWarnings(reading: FeeWalletReading, vaults: number): FeeWalletWarning[] {
  const warnings: FeeWalletWarning[] = []
  const { reserve, next_address, height } = reading
  if (reading.is_searching) {
    warnings.push({
      warning: 'searching',
      message: 'Old blocks are still searched for coins of the fee wallet.',
      remedy: 'Wait: belfry watch list shows how far it is.',
    })
  }
  const recommended = reservesFor(vaults)
  if (height !== null && vaults > 0 && reserve < recommended) {
    warnings.push({
      warning: reserve === 0n ? 'empty' : 'reserve-too-small',
      message: `The fee wallet has ${reserve} sat that it can use, and should have ${recommended} for ${vaults} guarded ${vaultWord(vaults)}.`,
      remedy: `Send at least ${recommended - reserve} sat to ${next_address}, in one payment.`,
    })
  }
  if (isBudgetSpent(reading)) {
    warnings.push({
      warning: 'budget-spent',
      message: `The fee wallet has spent ${reading.spent_in_window} sat in this window of blocks, and may spend ${reading.left_in_window} more.`,
      remedy: 'Look at what it paid for; raise fee_wallet.max_sat_per_window if that was right, and restart the node.',
    })
  }
  return warnings
}
