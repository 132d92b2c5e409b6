/**
 * The coins of the fee wallet. Which outpoints there are the chain watcher tells; what each is worth now only bitcoind's
 * own set of unspent outputs says, and it is asked whenever a coin is to be used: no reorganisation or spend elsewhere can
 * leave a wrong note here.
 */
import type { Bitcoind } from '@belfry/bitcoind'
import { type Height, type Outpoint, type Sats, type Txid, invariant } from '@belfry/protocol/primitives'
import { type FeeAccount, type FeeCoin, type FeeKeyPath, MIN_FEE_COIN } from '@belfry/vault'
import { COINBASE_MATURITY, FORGET_DEPTH, MAX_COINS, MAX_KNOWN } from './limits.ts'

/** `unconfirmed` is never used; `spending`: a transaction in the mempool spends it. */
export type PoolCoinStatus = 'confirmed' | 'unconfirmed' | 'spending'

export interface PoolCoin extends FeeCoin {
  readonly path: FeeKeyPath
  readonly status: PoolCoinStatus
  readonly confirmations: number
  /** In the mempool; null: none. */
  readonly spender: Txid | null
}

interface KnownOutpoint {
  readonly path: FeeKeyPath
  readonly value: Sats
  /** What bitcoind said of it last. */
  standing: 'confirmed' | 'unasked' | 'unconfirmed' | 'gone'
  /** The tip at which bitcoind was first found not to know it; null: it does. */
  missing_since: Height | null
}

type PoolBitcoind = Pick<Bitcoind, 'getTxOut' | 'getTxSpendingPrevout'>

export class Pool {
  readonly #bitcoind: PoolBitcoind
  readonly #account: FeeAccount
  readonly #known = new Map<Outpoint, KnownOutpoint>()

  constructor(bitcoind: PoolBitcoind, account: FeeAccount) {
    this.#bitcoind = bitcoind
    this.#account = account
  }

  /** An output that pays one of the wallet's scripts, in a block or not. Told again, it is asked about again. */
  add(outpoint: Outpoint, path: FeeKeyPath, value: Sats): void {
    if (value < MIN_FEE_COIN) return
    const known = this.#known.get(outpoint)
    if (known === undefined) this.#known.set(outpoint, { path, value, standing: 'unasked', missing_since: null })
    else if (known.standing !== 'confirmed') known.standing = 'unasked'
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#leastWanted())
  }

  /**
   * As bitcoind has them now, the most valuable first. Those that are not confirmed are among them where there is room.
   * @param tip for forgetting what has been gone for long
   * @throws BitcoindError
   */
  async coins(tip: Height): Promise<PoolCoin[]> {
    // All of them, so that no confirmed one is passed over for larger ones that a stranger shows and never lets confirm.
    const unasked = [...this.#known].filter(([, { standing }]) => standing === 'unasked').map(([outpoint]) => outpoint)
    for (let at = 0; at < unasked.length; at += MAX_COINS) await this.#ask(unasked.slice(at, at + MAX_COINS), tip)
    return await this.#ask(this.#mostWanted(), tip)
  }

  async #ask(outpoints: readonly Outpoint[], tip: Height): Promise<PoolCoin[]> {
    const spenders = await this.#bitcoind.getTxSpendingPrevout(outpoints)
    const coins = await Promise.all(outpoints.map((outpoint, i) => this.#coinAt(outpoint, spenders[i]?.spender ?? null, tip)))
    return coins.filter((coin) => coin !== null).toSorted(byValue)
  }

  async #coinAt(outpoint: Outpoint, spender: Txid | null, tip: Height): Promise<PoolCoin | null> {
    const known = this.#known.get(outpoint)
    if (known === undefined) return null
    const confirmed = await this.#bitcoind.getTxOut(outpoint, false)
    const output = confirmed ?? (await this.#bitcoind.getTxOut(outpoint, true))
    if (output === null && spender === null) {
      this.#missing(outpoint, known, tip)
      return null
    }
    known.missing_since = null
    known.standing = confirmed === null ? 'unconfirmed' : 'confirmed'
    // Unconfirmed and spent in the mempool: no use, and shown nowhere.
    if (output === null) return null
    if (output.coinbase && output.confirmations < COINBASE_MATURITY) return null
    const { path, value } = known
    const status = spender !== null ? 'spending' : output.confirmations > 0 ? 'confirmed' : 'unconfirmed'
    return {
      outpoint, path, value, status, spender, key: this.#account.keyAt(path), confirmations: output.confirmations,
    }
  }

  #missing(outpoint: Outpoint, known: KnownOutpoint, tip: Height): void {
    known.standing = 'gone'
    known.missing_since ??= tip
    if (tip - known.missing_since > FORGET_DEPTH) this.#known.delete(outpoint)
  }

  #mostWanted(): Outpoint[] {
    return [...this.#known].toSorted(byWish).slice(0, MAX_COINS).map(([outpoint]) => outpoint)
  }

  #leastWanted(): Outpoint {
    const [outpoint] = [...this.#known].toSorted(byWish).at(-1) ?? []
    invariant(outpoint !== undefined, 'asked only while some are known')
    return outpoint
  }
}

type Entry = readonly [Outpoint, KnownOutpoint]

/** Those that are gone come last: a reorganisation may bring them back. */
const WISH: Readonly<Record<KnownOutpoint['standing'], number>> = { confirmed: 0, unasked: 1, unconfirmed: 2, gone: 3 }

function byWish([, a]: Entry, [, b]: Entry): number {
  return WISH[a.standing] - WISH[b.standing] || byValue(a, b)
}

function byValue(a: { readonly value: Sats }, b: { readonly value: Sats }): number {
  return a.value > b.value ? -1 : a.value < b.value ? 1 : 0
}
