import assert from 'node:assert/strict'
import { PURSE_SCRIPT, PURSE_WITNESS_SCRIPT, type RawTransaction, type Regtest, serialise, txidOf } from '@belfry/bitcoind'
import { type Outpoint, outpointOf, sats } from '@belfry/protocol/primitives'
import * as fc from 'fast-check'
import { COIN_SATS, makeCoins } from '../../../../bitcoind/test/support/regtest-suite.ts'
import { PAID_SCRIPT, PAID_WITNESS_SCRIPT } from './subjects.ts'

/** Coins of each kind. */
export const COINS = 3
/** Deeper than any reorganisation. */
export const BURIED = 4
/** Enough for its own spending to bid higher again and again. */
const PAYMENT_SATS = 400_000
const FEE_STEP = 1_000

const what = fc.constantFrom('core', 'listed', 'payment', 'all', 'received')
const which = fc.nat(COINS - 1)

export const move = fc.oneof(
  { weight: 8, arbitrary: fc.record({ does: fc.constant('send' as const), what, which }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('mine' as const), blocks: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('mine-other' as const), what, which }) },
  { weight: 2, arbitrary: fc.record({
    does: fc.constant('reorganise' as const),
    depth: fc.integer({ min: 1, max: BURIED - 1 }),
    more: fc.integer({ min: 0, max: 2 }),
  }) },
)
export type Move = typeof move extends fc.Arbitrary<infer T> ? T : never
type What = typeof what extends fc.Arbitrary<infer T> ? T : never

/** Moves coins, mines and reorganises, whoever watches. */
export class Hand {
  /** All that there are for the core to watch, and for lists. */
  readonly core: Outpoint[] = []
  readonly listed: Outpoint[] = []
  private readonly regtest: Regtest
  /** Nobody watches them: they pay what is watched. */
  private readonly others: Outpoint[] = []
  /** The last transaction that was made to pay the watched script, by the coin that it spends. */
  private readonly payments = new Map<Outpoint, RawTransaction>()
  /** Rises with each spend, so that each may replace the last. */
  private fee = 0

  constructor(regtest: Regtest) {
    this.regtest = regtest
  }

  /** New coins of each kind, that no reorganisation undoes: moves are of the newest. */
  async takeCoins(): Promise<void> {
    const { outpoints } = await makeCoins(this.regtest, 3 * COINS)
    await this.regtest.mine(0, BURIED)
    this.core.unshift(...outpoints.slice(0, COINS))
    this.listed.unshift(...outpoints.slice(COINS, 2 * COINS))
    this.others.unshift(...outpoints.slice(2 * COINS))
    this.fee = 0
  }

  async take(one: Move): Promise<void> {
    const { bitcoind } = this.regtest.node(0)
    switch (one.does) {
      case 'send':
        // Refused when the coin is spent in the chain already.
        for (const transaction of this.transactions(one.what, one.which).slice(-1)) await bitcoind.broadcast(serialise(transaction))
        return
      case 'mine':
        await this.regtest.mine(0, one.blocks)
        return
      case 'mine-other':
        await this.mineOther(this.transactions(one.what, one.which))
        return
      case 'reorganise': {
        const { blocks } = await bitcoind.getBlockchainInfo()
        await bitcoind.invalidateBlock(await bitcoind.getBlockHash(blocks - one.depth + 1) ?? assert.fail())
        for (let i = 0; i < one.depth + one.more; i++) await this.generate([])
      }
    }
  }

  /** Until nothing waits in bitcoind's mempool. */
  async mineAll(): Promise<void> {
    const { bitcoind } = this.regtest.node(0)
    do await this.regtest.mine(0, 1)
    while ((await bitcoind.getRawMempool()).txids.length > 0)
  }

  /** A block with these, where their coins are there. */
  private async mineOther(transactions: readonly RawTransaction[]): Promise<void> {
    const { bitcoind } = this.regtest.node(0)
    const made = new Set<string>()
    const fit: RawTransaction[] = []
    for (const transaction of transactions) {
      const isThere = await Promise.all(transaction.inputs.map(async ({ outpoint }) =>
        made.has(outpoint) || await bitcoind.getTxOut(outpoint, false) !== null))
      if (!isThere.every(Boolean)) continue
      fit.push(transaction)
      made.add(outpointOf(txidOf(transaction), 0))
    }
    await this.generate(fit)
  }

  private async generate(transactions: readonly RawTransaction[]): Promise<void> {
    await this.regtest.node(0).bitcoind.generateBlock(await this.regtest.freshAddress(), transactions.map((one) => serialise(one)))
  }

  /** The last one is what is asked for; one before it makes the coin that it spends. */
  private transactions(what: What, which: number): RawTransaction[] {
    this.fee += FEE_STEP
    const [core, listed, other] = [this.core, this.listed, this.others].map((coins) => coins[which] ?? assert.fail())
    assert.ok(core !== undefined && listed !== undefined && other !== undefined)
    switch (what) {
      case 'core':
        return [this.spend([core], false)]
      case 'listed':
        return [this.spend([listed], false)]
      case 'payment':
        return [this.pay(other, [other])]
      case 'all':
        return [this.pay(core, [core, listed])]
      case 'received': {
        const payment = this.payments.get(other) ?? this.payments.get(core) ?? this.pay(other, [other])
        return [payment, {
          version: 3,
          inputs: [{ outpoint: outpointOf(txidOf(payment), 0), witness: [PAID_WITNESS_SCRIPT] }],
          outputs: [{ script: PURSE_SCRIPT, value: sats(PAYMENT_SATS - this.fee) }],
        }]
      }
    }
  }

  private pay(by: Outpoint, coins: readonly Outpoint[]): RawTransaction {
    const payment = this.spend(coins, true)
    this.payments.set(by, payment)
    return payment
  }

  private spend(coins: readonly Outpoint[], pays: boolean): RawTransaction {
    const paid = pays ? PAYMENT_SATS : 0
    const rest = { script: PURSE_SCRIPT, value: sats(coins.length * COIN_SATS - paid - this.fee) }
    return {
      version: 3,
      inputs: coins.map((outpoint) => ({ outpoint, witness: [PURSE_WITNESS_SCRIPT] })),
      outputs: pays ? [{ script: PAID_SCRIPT, value: sats(PAYMENT_SATS) }, rest] : [rest],
    }
  }
}
