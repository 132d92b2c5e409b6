/** What a member asks its own bitcoind about a deposit before it signs a receipt. */
import type { Bitcoind } from '@belfry/bitcoind'
import type { EnrolmentCheck, ImmediateEffect } from '@belfry/protocol'
import { equalBytes } from '@belfry/protocol/primitives'

type Deposit = Extract<ImmediateEffect, { effect: 'verify-enrolment' }>['deposit']

/** Confirmations before a deposit is guarded: a reorg could replace a shallower one. */
export const DEPOSIT_CONFIRMATIONS = { mainnet: 6, elsewhere: 1 } as const

export async function checkDeposit(bitcoind: Bitcoind, deposit: Deposit, confirmations: number): Promise<EnrolmentCheck> {
  try {
    const unspent = await bitcoind.getTxOut(deposit.outpoint, true)
    if (!unspent) return await missing(bitcoind, deposit)
    if (unspent.value !== deposit.value || !equalBytes(unspent.script, deposit.script)) return 'deposit-differs'
    return unspent.confirmations >= confirmations ? 'ok' : 'deposit-not-yet-seen'
  } catch {
    return 'bitcoind-unreachable'
  }
}

/** Spent in the mempool is certain; spent in the chain looks the same as never seen, and a lagging member may be behind. */
async function missing(bitcoind: Bitcoind, { outpoint }: Deposit): Promise<EnrolmentCheck> {
  const inChain = await bitcoind.getTxOut(outpoint, false)
  return inChain ? 'deposit-spent' : 'deposit-not-yet-seen'
}
