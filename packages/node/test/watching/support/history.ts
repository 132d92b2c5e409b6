/** A wallet's past: payments to it and by it, in blocks. */
import { PURSE_SCRIPT, PURSE_WITNESS_SCRIPT, type RawOutput, type RawTransaction, type Regtest, serialise, txidOf } from '@belfry/bitcoind'
import { type Outpoint, outpointOf, sats, toHex } from '@belfry/protocol/primitives'
import { COIN_SATS, makeCoins } from '../../../../bitcoind/test/support/regtest-suite.ts'
import type { TestWallet, WalletCoin } from './wallet.ts'

export const PAID_SATS = 100_000
const FEE_SATS = 1_000

export interface Place {
  readonly branch: number
  readonly index: number
}

/** A transaction that nobody has seen yet, and what of it the wallet owns. */
export interface Written {
  readonly bytes: Uint8Array
  readonly coins: readonly WalletCoin[]
}

export class History {
  readonly wallet: TestWallet
  private readonly regtest: Regtest
  private readonly call: (names: Readonly<Record<string, string>>) => void
  private purse: readonly Outpoint[] = []

  /** @param call is told every name */
  constructor(regtest: Regtest, wallet: TestWallet, call: History['call']) {
    this.regtest = regtest
    this.wallet = wallet
    this.call = call
    for (const branch of [0, 1]) {
      for (let index = 0; index < 40; index++) call({ [`${branch}/${index}`]: toHex(wallet.scriptAt(branch, index)) })
    }
  }

  /** Mines coins to pay with. */
  async prepare(count: number): Promise<void> {
    this.purse = (await makeCoins(this.regtest, count)).outpoints
  }

  /** By the purse, `PAID_SATS` each. */
  payment(name: string, ...places: readonly Place[]): Written {
    const [coin, ...rest] = this.purse
    if (coin === undefined) throw new Error('the purse is empty')
    this.purse = rest
    const change = COIN_SATS - FEE_SATS - PAID_SATS * places.length
    const transaction: RawTransaction = {
      version: 2,
      inputs: [{ outpoint: coin, witness: [PURSE_WITNESS_SCRIPT] }],
      outputs: [...places.map((place) => this.output(place)), { script: PURSE_SCRIPT, value: sats(change) }],
    }
    const txid = txidOf(transaction)
    this.call({ [name]: txid })
    const coins = places.map(({ branch, index }, vout) => ({ outpoint: outpointOf(txid, vout), branch, index, sats: PAID_SATS }))
    return { bytes: serialise(transaction), coins }
  }

  /** By the wallet, of one coin: to a stranger, and with the change to one of its own scripts. */
  async spend(name: string, coin: WalletCoin, change?: Place): Promise<Written> {
    const half = Math.floor(coin.sats / 2)
    const outputs = [
      { script: PURSE_SCRIPT, value: sats(half - FEE_SATS) },
      ...change === undefined ? [] : [{ script: this.wallet.scriptAt(change.branch, change.index), value: sats(half) }],
    ]
    const { txid, bytes } = await this.wallet.spend(this.regtest.node(0).bitcoind, [coin], outputs)
    this.call({ [name]: txid })
    return { bytes, coins: change === undefined ? [] : [{ ...change, outpoint: outpointOf(txid, 1), sats: half }] }
  }

  /** One block with exactly these. @returns its height */
  async block(...transactions: readonly Written[]): Promise<number> {
    const { bitcoind } = this.regtest.node(0)
    await bitcoind.generateBlock(await this.regtest.freshAddress(), transactions.map(({ bytes }) => bytes))
    return (await bitcoind.getBlockchainInfo()).blocks
  }

  private output({ branch, index }: Place): RawOutput {
    return { script: this.wallet.scriptAt(branch, index), value: sats(PAID_SATS) }
  }
}
