/** What the fee wallet shows. */
import { BUMP_RESULTS, type FeeWalletStatus } from '../fee-wallet/index.ts'
import { FEE_WALLET_WARNINGS, type FeeWalletView } from '../views/index.ts'
import { type Family, metric, oneOf } from './families.ts'

export interface ShownFees {
  readonly view: FeeWalletView
  readonly status: FeeWalletStatus
}

const STATES = ['none', 'failed', 'ready'] as const satisfies readonly FeeWalletStatus['state'][]
const COIN_STATES = ['confirmed', 'unconfirmed', 'spending'] as const
const SAT_PER_KVB = 1_000

/** Without a wallet: nothing, so that no alert on a small reserve is for a node that has none. */
const ifReady = (read: (view: FeeWalletView) => number) => ({ view }: ShownFees): number | null =>
  view.state === 'ready' ? read(view) : null

export const FEE_METRICS: readonly Family<ShownFees>[] = [
  metric('belfry_fee_wallet_state', '1 for whether this node has a fee wallet, and whether it opened.',
    ({ view }) => oneOf(STATES, (state) => view.state === state), ['state']),
  metric('belfry_fee_wallet_coins', 'Coins of the fee wallet by how they are.',
    ({ view }) => COIN_STATES.map((one) => [view.coins.filter(({ status }) => status === one).length, one]), ['status']),
  metric('belfry_fee_wallet_reserve_sats', 'Confirmed and free.', ifReady((view) => view.reserve_sats)),
  metric('belfry_fee_wallet_recommended_sats', 'What the guarded vaults call for.', ({ view }) => view.recommended_sats),
  metric('belfry_fee_wallet_carries_sat_per_kvb', 'The feerate that one transaction could be brought to now.',
    ({ view }) => view.state === 'ready'
      ? [
          [view.carries.anyone_can_pay_sat_vb * SAT_PER_KVB, 'anyone-can-pay'],
          [view.carries.anchored_sat_vb * SAT_PER_KVB, 'anchored'],
        ]
      : [],
    ['means']),
  metric('belfry_fee_wallet_spent_in_window_sats', 'What counts in the limit of the window now.',
    ifReady((view) => view.budget.spent_in_window_sats)),
  metric('belfry_fee_wallet_left_in_window_sats', 'What may still be spent in the window.',
    ifReady((view) => view.budget.left_in_window_sats)),
  metric('belfry_fee_wallet_warning', '1 for each warning about the fee wallet, 0 for the others.',
    ({ view }) => oneOf(FEE_WALLET_WARNINGS, (one) => view.warnings.some(({ warning }) => warning === one)), ['warning']),
  metric('belfry_fee_wallet_bumps_total', 'Transactions that it was asked to pay for, by what came of it.',
    ({ status }) => status.state === 'ready' ? BUMP_RESULTS.map((one) => [status.reading.bumps[one], one]) : [], ['result']),
  metric('belfry_fee_wallet_splits_total', 'Times that it split coins.',
    ({ status }) => (status.state === 'ready' ? status.reading.splits : null)),
]
