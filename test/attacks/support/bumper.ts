/** A member that pays for a recovery with a fee coin, played by the test: it holds the signed set, and one confirmed coin. */
import assert from 'node:assert/strict'
import { payments } from 'bitcoinjs-lib'
import { OwnerKey } from '../../../packages/keystore/src/index.ts'
import { type Feerate, fromHex, sats } from '../../../packages/protocol/src/primitives/index.ts'
import { type FeeCoin, type JoinedCoin, type PaidByChild, type PublicKey, type SignFeeCoin, type SignedTransaction, joinCoin, payByChild } from '../../../packages/vault/src/index.ts'
import type { Raid } from './raid.ts'

export class Bumper {
  readonly #raid: Raid
  readonly #coin: FeeCoin
  readonly #change: Uint8Array
  readonly #sign: SignFeeCoin

  private constructor(raid: Raid, coin: FeeCoin, change: Uint8Array, sign: SignFeeCoin) {
    this.#raid = raid
    this.#coin = coin
    this.#change = change
    this.#sign = sign
  }

  static async with(raid: Raid, value: number): Promise<Bumper> {
    const key = OwnerKey.random()
    const { output: script } = payments.p2wpkh({ pubkey: fromHex(key.compressedPublicKey) })
    assert.ok(script)
    const { outpoints: [outpoint] } = await raid.cluster.regtest.purse.fund([{ script, value: sats(value) }])
    assert.ok(outpoint)
    await raid.cluster.regtest.waitForSameTip()
    const coin = { outpoint, value: sats(value), key: key.compressedPublicKey as PublicKey }
    return new Bumper(raid, coin, script, (_, digest) => key.signEcdsa(digest))
  }

  /** A of the first variant, with the coin. */
  joined(): JoinedCoin {
    const { raw, fee } = this.#part('anyone-can-pay')
    return joinCoin({ raw, own_fee: fee, coin: this.#coin, sign: this.#sign })
  }

  /** P of the first variant, and its child. */
  anchored({ sat_vb = 1, min_fee = 0 }: { readonly sat_vb?: number; readonly min_fee?: number }): { readonly parent: SignedTransaction; readonly child: PaidByChild } {
    const parent = this.#part('anchored')
    const child = payByChild({
      parent: parent.raw, parent_fee: parent.fee, coin: this.#coin, change: this.#change,
      feerate: (sat_vb * 1_000) as Feerate, min_fee: sats(min_fee), sign: this.#sign,
    })
    return { parent, child }
  }

  #part(purpose: 'anyone-can-pay' | 'anchored'): SignedTransaction {
    const found = this.#raid.vault.set.transactions.find(({ place }) => place.purpose === purpose && place.variant === 0)
    assert.ok(found, `the set has no ${purpose}`)
    return found
  }
}
