/** What a member asks its own bitcoind about a deposit before it signs a receipt. */
import type { Bitcoind } from '@belfry/bitcoind'
import type { EnrolmentCheck, ImmediateEffect } from '@belfry/protocol'
import { type Outpoint, equalBytes, outpointOf, splitOutpoint } from '@belfry/protocol/primitives'

type Deposit = Extract<ImmediateEffect, { effect: 'verify-enrolment' }>['deposit']

/** Confirmations before a deposit is guarded: a reorg could replace a shallower one. */
export const DEPOSIT_CONFIRMATIONS = { mainnet: 6, elsewhere: 1 } as const

/** Outputs of the funding transaction that are asked after: a payment into a vault has one or two, seldom more. */
const MAX_SIBLINGS = 8

export async function checkDeposit(bitcoind: Bitcoind, deposit: Deposit, confirmations: number): Promise<EnrolmentCheck> {
  try {
    return (await found(bitcoind, deposit, confirmations)) ?? (await missing(bitcoind, deposit, confirmations))
  } catch {
    return 'bitcoind-unreachable'
  }
}

/** null where there is no such unspent output, the mempool's included. */
async function found(bitcoind: Bitcoind, deposit: Deposit, confirmations: number): Promise<EnrolmentCheck | null> {
  const unspent = await bitcoind.getTxOut(deposit.outpoint, true)
  if (!unspent) return null
  if (unspent.value !== deposit.value || !equalBytes(unspent.script, deposit.script)) return 'deposit-differs'
  // A coin that need not be there yet may also be shallow: a payment that a reorganisation takes out comes again.
  if (deposit.funding === 'after-receipts') return 'ok'
  return unspent.confirmations >= confirmations ? 'ok' : 'deposit-not-yet-seen'
}

/**
 * Spent in the mempool is certain; spent in the chain looks the same as never seen, and a lagging member may be behind.
 * Where the coin is to come later, never seen is as it should be.
 */
async function missing(bitcoind: Bitcoind, deposit: Deposit, confirmations: number): Promise<EnrolmentCheck> {
  const { outpoint, funding } = deposit
  if (await bitcoind.getTxOut(outpoint, false)) return 'deposit-spent'
  if (funding === 'confirmed') return 'deposit-not-yet-seen'
  if (!(await isFunded(bitcoind, outpoint))) return 'ok'
  // It may have been paid in between two questions.
  return (await found(bitcoind, deposit, confirmations)) ?? 'deposit-spent'
}

/** Whether a coin that was to be paid in later has come: in the mempool or a block, and though it was spent since. */
export async function seenOfDeposit(bitcoind: Bitcoind, { outpoint, value, script }: Deposit): Promise<'nothing' | 'deposit' | 'other'> {
  try {
    const unspent = (await bitcoind.getTxOut(outpoint, true)) ?? (await bitcoind.getTxOut(outpoint, false))
    if (!unspent) return 'nothing'
    return unspent.value === value && equalBytes(unspent.script, script) ? 'deposit' : 'other'
  } catch {
    return 'nothing'
  }
}

/**
 * Whether the transaction that was to pay the coin in is known, although the coin is not: it was paid in and spent. Without
 * a transaction index only its other outputs give it away, so that a coin spent long ago may go unnoticed; owners look
 * with a bitcoind of their own, and nothing is lost but a place in custody.
 */
async function isFunded(bitcoind: Bitcoind, outpoint: Outpoint): Promise<boolean> {
  const { txid, vout } = splitOutpoint(outpoint)
  if ((await bitcoind.getRawTransaction(txid)) !== null) return true
  for (let sibling = 0; sibling < MAX_SIBLINGS; sibling++) {
    if (sibling !== vout && (await bitcoind.getTxOut(outpointOf(txid, sibling), true)) !== null) return true
  }
  return false
}
