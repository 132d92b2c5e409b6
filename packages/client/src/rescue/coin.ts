/** Where a vault's coin is, read from a bitcoind each time anew, so that a rescue may end and go on at any moment. */
import { type Bitcoind, BitcoindError, type BlockchainInfo, isRpcFault } from '@belfry/bitcoind'
import { type Feerate, type Height, type Outpoint, type Txid, equalBytes, outpointOf } from '@belfry/protocol/primitives'
import { type SignedTransaction, type TransactionId, type VaultPlan, decodeTransaction, scriptsOf } from '@belfry/vault'
import { type ConfirmedSpend, type Sought, searchSpends } from './block-search.ts'
import { type Ladders, type Variant, rungWith, rungsOf, variantOf } from './ladders.ts'

/** An unconfirmed transaction that spends the coin. */
export interface Waiting {
  /** null where bitcoind says only that there is one. */
  readonly txid: Txid | null
  /** Where it is a rung of ours. */
  readonly rung: SignedTransaction | null
}

export type Coin =
  /** In the deposit, as far as blocks go. */
  | { readonly where: 'deposit'; readonly waiting: Waiting | null }
  /** U has taken it out of the deposit, and nothing confirmed has taken it further. height: null while U is unconfirmed. */
  | { readonly where: 'unvaulted'; readonly variant: Variant; readonly height: Height | null; readonly waiting: Waiting | null }
  /** At deep cold, confirmed; it may have moved on from there. id: null where the set has not this very transaction. */
  | { readonly where: 'saved'; readonly txid: Txid; readonly id: TransactionId | null; readonly height: Height }
  /** Another transaction has taken it, confirmed. id: where the set has it, such as the dead-man's. */
  | {
      readonly where: 'taken'
      readonly from: 'deposit' | 'unvault'
      readonly txid: Txid
      readonly id: TransactionId | null
      readonly height: Height
    }
  /** Neither unspent nor spent in the blocks that were searched. */
  | { readonly where: 'not-found' }

/** sat/kvB. */
export interface FeeMarket {
  /** null without one. */
  readonly estimate: Feerate | null
  readonly mempool_floor: Feerate
}

export interface Behind {
  /** That it knows of; null where it has only just begun to ask others, as after a long pause. */
  readonly blocks: number | null
}

export interface Sight {
  readonly coin: Coin
  readonly tip: Height
  /** What bitcoind says of the coin may be old: there are blocks that it has not. */
  readonly behind: Behind | null
  readonly market: FeeMarket
}

export interface CoinWatcherInit {
  readonly bitcoind: Bitcoind
  readonly plan: VaultPlan
  readonly ladders: Ladders
  /** How many blocks to search for what took a coin that is not there any more. */
  readonly look_back: number
  readonly onSearch: (done: number, of: number) => void
  readonly signal: AbortSignal
}

/** As members ask it. */
const ESTIMATE_TARGET_BLOCKS = 3
/** A tip that moves while the coin is looked for; then the last sight stands, and the next is seconds away. */
const MAX_LOOKS = 3
/** Searched again after a search in vain, beside what is new. */
const REORG_BLOCKS = 12
const RPC_METHOD_NOT_FOUND = -32601

export class CoinWatcher {
  readonly #init: CoinWatcherInit
  /** The deposit, then what each U pays. */
  readonly #sought: readonly [Sought, ...Sought[]]
  /** What was found in blocks; it stands while its block does. */
  #found: readonly ConfirmedSpend[] = []
  /** The highest block of a search that found nothing. */
  #searchedInVain: Height | null = null

  constructor(init: CoinWatcherInit) {
    this.#init = init
    const { deposit, unvault } = scriptsOf(init.plan)
    this.#sought = [
      { outpoint: init.ladders.deposit, script: deposit.script },
      ...init.ladders.variants.map(({ outpoint }) => ({ outpoint, script: unvault.script })),
    ]
  }

  /** @throws BitcoindError; ClientError blocks-pruned */
  async look(): Promise<Sight> {
    const { bitcoind, signal } = this.#init
    const call = { signal }
    const [mempool, estimate] = await Promise.all([
      bitcoind.getMempoolInfo(call),
      bitcoind.estimateSmartFee(ESTIMATE_TARGET_BLOCKS, call),
    ])
    const mempool_floor = Math.max(mempool.minFeerate, mempool.minRelayFeerate) as Feerate
    for (let looks = 1; ; looks++) {
      const chain = await bitcoind.getBlockchainInfo(call)
      const { bestBlockHash, blocks: tip } = chain
      const coin = await this.#coinAt(tip)
      const same = (await bitcoind.getBestBlockHash(call)) === bestBlockHash
      if (same || looks >= MAX_LOOKS) return { coin, tip, behind: behindOf(chain), market: { estimate, mempool_floor } }
    }
  }

  async #coinAt(tip: Height): Promise<Coin> {
    const { bitcoind, ladders, signal } = this.#init
    const { deposit } = ladders
    const spender = await this.#waitingAt(deposit)
    if (spender === null && (await bitcoind.getTxOut(deposit, true, { signal })) !== null) return { where: 'deposit', waiting: null }
    if (spender !== null || (await bitcoind.getTxOut(deposit, false, { signal })) !== null) {
      // What spends it may have come into the mempool between two questions.
      const waiting = spender ?? (await this.#waitingAt(deposit)) ?? { txid: null, rung: null }
      const variant = variantOf(ladders, waiting.txid)
      if (variant === null) return { where: 'deposit', waiting }
      return { where: 'unvaulted', variant, height: null, waiting: await this.#waitingAt(variant.outpoint) }
    }
    return (await this.#unvaulted(tip)) ?? (await this.#saved(tip)) ?? (await this.#searched(tip))
  }

  async #unvaulted(tip: Height): Promise<Coin | null> {
    for (const variant of this.#init.ladders.variants) {
      const height = await this.#heightOf(variant.outpoint, tip)
      if (height === null) continue
      return { where: 'unvaulted', variant, height, waiting: await this.#waitingAt(variant.outpoint) }
    }
    return null
  }

  async #saved(tip: Height): Promise<Coin | null> {
    for (const rung of rungsOf(this.#init.ladders)) {
      const height = await this.#heightOf(outpointOf(rung.txid, 0), tip)
      if (height !== null) return { where: 'saved', txid: rung.txid, id: rung.id, height }
    }
    return null
  }

  /** Where an output is confirmed and unspent by any block; null where it is not. */
  async #heightOf(outpoint: Outpoint, tip: Height): Promise<Height | null> {
    const { bitcoind, signal } = this.#init
    const found = await bitcoind.getTxOut(outpoint, false, { signal })
    return found === null || found.confirmations < 1 ? null : ((tip - found.confirmations + 1) as Height)
  }

  /** What none of the unspent outputs tells: somebody else took the coin, or it has moved on from where a rung took it. */
  async #searched(tip: Height): Promise<Coin> {
    const { bitcoind, look_back, onSearch, signal } = this.#init
    this.#found = await this.#standing()
    const known = await this.#coinOf(this.#found)
    if (known.where !== 'not-found') return known
    const blocks = this.#searchedInVain === null ? look_back : Math.max(0, tip - this.#searchedInVain) + REORG_BLOCKS
    const more = await searchSpends(bitcoind, { sought: this.#sought, tip, blocks, onProgress: onSearch, signal })
    const found = [...more, ...this.#found.filter((one) => !more.some(({ outpoint }) => outpoint === one.outpoint))]
    this.#found = found
    const coin = await this.#coinOf(found)
    this.#searchedInVain = coin.where === 'not-found' ? tip : null
    return coin
  }

  /** What was found in blocks that are in the chain still. */
  async #standing(): Promise<ConfirmedSpend[]> {
    const { bitcoind, signal } = this.#init
    const headers = await Promise.all(this.#found.map(({ block }) => bitcoind.getBlockHeader(block, { signal })))
    const standing = this.#found.filter((_, at) => (headers[at]?.confirmations ?? 0) > 0)
    // What came in place of a block that is gone may lie as deep as it did.
    if (standing.length < this.#found.length) this.#searchedInVain = null
    return standing
  }

  async #coinOf(found: readonly ConfirmedSpend[]): Promise<Coin> {
    const { ladders } = this.#init
    const spendOf = (wanted: Outpoint): ConfirmedSpend | undefined => found.find(({ outpoint }) => outpoint === wanted)
    const first = spendOf(ladders.deposit)
    if (first === undefined) return { where: 'not-found' }
    const variant = variantOf(ladders, first.txid)
    const last = variant === null ? first : spendOf(variant.outpoint)
    // Spent in a block later than those searched; the next look finds it.
    if (last === undefined) return { where: 'not-found' }
    const { txid, height } = last
    const id = [...rungsOf(ladders), ...ladders.aside].find((one) => one.txid === txid)?.id ?? null
    const isSaved = rungWith(ladders, txid) !== null || (await this.#paysDeepCold(last))
    // Out of the chain again, or out of this bitcoind: nothing is said of what cannot be read.
    if (isSaved === null) return { where: 'not-found' }
    if (isSaved) return { where: 'saved', txid, id, height }
    return { where: 'taken', from: variant === null ? 'deposit' : 'unvault', txid, id, height }
  }

  /** So does a clawback with a fee coin of somebody's, whose txid nobody knows beforehand. null where it cannot be read. */
  async #paysDeepCold({ txid, block }: ConfirmedSpend): Promise<boolean | null> {
    const { bitcoind, plan, signal } = this.#init
    const raw = await bitcoind.getRawTransaction(txid, { block, signal })
    if (raw === null) return null
    const [first] = decodeTransaction(raw).outputs
    return first !== undefined && equalBytes(first.script, scriptsOf(plan).deep_cold.script)
  }

  async #waitingAt(outpoint: Outpoint): Promise<Waiting | null> {
    const { bitcoind, ladders, signal } = this.#init
    try {
      const [answer] = await bitcoind.getTxSpendingPrevout([outpoint], { signal })
      const txid = answer?.spender ?? null
      return txid === null ? null : { txid, rung: rungWith(ladders, txid) }
    } catch (error) {
      const withheld = error instanceof BitcoindError && error.code === 'forbidden'
      if (!withheld && !isRpcFault(error, RPC_METHOD_NOT_FOUND)) throw error
      return await this.#waitingByOurTxids(outpoint)
    }
  }

  /** For a bitcoind that does not tell what spends a coin: one of ours, or a transaction without a name. */
  async #waitingByOurTxids(outpoint: Outpoint): Promise<Waiting | null> {
    const { bitcoind, ladders, signal } = this.#init
    const variant = ladders.variants.find((one) => one.outpoint === outpoint)
    const spenders = variant?.clawback ?? [...ladders.emergency, ...ladders.variants.map(({ unvault }) => unvault)]
    for (const { txid } of spenders) {
      if ((await bitcoind.getMempoolEntry(txid, { signal })) !== null) return { txid, rung: rungWith(ladders, txid) }
    }
    const [inChain, inMempool] = await Promise.all([
      bitcoind.getTxOut(outpoint, false, { signal }),
      bitcoind.getTxOut(outpoint, true, { signal }),
    ])
    return inChain !== null && inMempool === null ? { txid: null, rung: null } : null
  }
}

/** After a long pause a bitcoind knows of no block that it lacks until others have told it. */
function behindOf({ headers, blocks, initialBlockDownload }: BlockchainInfo): Behind | null {
  if (headers > blocks) return { blocks: headers - blocks }
  return initialBlockDownload ? { blocks: null } : null
}
