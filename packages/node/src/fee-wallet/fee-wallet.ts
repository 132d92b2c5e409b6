/**
 * A managed pool of confirmed coins that pays for A and P. It acts after the rungs and beside them: what fails here is an
 * answer or a line in the log, and nothing else in the node waits for it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bitcoind, BitcoindError } from '@belfry/bitcoind'
import type { BumpAnswer } from '@belfry/protocol'
import { type Height, type IncidentId, type Outpoint, type Sats, type Txid, sats } from '@belfry/protocol/primitives'
import { type PoolNeeds, VaultError } from '@belfry/vault'
import type { Bump, Bumped, FeeBumper } from '../broadcast/fee-bumper.ts'
import type { FeeWalletConfig } from '../config/index.ts'
import type { TransactionKeeper } from '../custody/transaction-keeper.ts'
import type { Logger } from '../logging/index.ts'
import type { Movement } from '../movements/index.ts'
import type { RowStore } from '../store/index.ts'
import { type BumpBitcoind, type BumpStory, answerOfVaultError, bumpOnce } from './bump.ts'
import type { FeeSigner } from './key.ts'
import { Ledger } from './ledger.ts'
import { Pool, type PoolCoin } from './pool.ts'
import { type BumpResult, type FeeWalletReading, carriesOf } from './reading.ts'
import { Splitter } from './splitter.ts'
import type { FeeWatch } from './watch.ts'

export interface FeeWalletModules {
  readonly bitcoind: BumpBitcoind & Pick<Bitcoind, 'estimateSmartFee'>
  readonly transactions: Pick<TransactionKeeper, 'get'>
  readonly store: RowStore
  readonly signer: FeeSigner
  readonly watch: FeeWatch
  readonly config: FeeWalletConfig
  /** Incidents that are not settled. */
  readonly openIncidents: () => ReadonlySet<IncidentId>
  /** Which means the guarded vaults have. */
  readonly needs: () => PoolNeeds
  readonly logger: Logger
}

/** Blocks may come by the hundred, as after a stop. */
const PAUSE_MS = 1_000
/** bitcoind may be away for longer than the next block is. */
const RETRY_MS = 30_000

export class FeeWallet implements FeeBumper {
  readonly #modules: FeeWalletModules
  readonly #pool: Pool
  readonly #ledger: Ledger
  readonly #bumps: Record<BumpResult, number> = { accepted: 0, refused: 0, 'no-coin': 0, 'over-budget': 0, unreachable: 0 }
  readonly #splitter: Splitter
  #coins: readonly PoolCoin[] = []
  #height: Height | null = null
  /** Bumps whose transactions were gone at the last look, with their coins unspent. */
  #gone: ReadonlySet<Txid> = new Set()
  /** One at a time: two would choose the same coin. */
  #last: Promise<unknown> = Promise.resolve()
  #noted: PromiseWithResolvers<void> = Promise.withResolvers()

  private constructor(modules: FeeWalletModules, ledger: Ledger) {
    this.#modules = modules
    this.#ledger = ledger
    this.#pool = new Pool(modules.bitcoind, modules.signer.account)
    this.#splitter = new Splitter({ ...modules, ledger, save: () => this.#save() })
  }

  /** @throws StoreError */
  static async open(modules: FeeWalletModules): Promise<FeeWallet> {
    return new FeeWallet(modules, await Ledger.load(modules.store, modules.config))
  }

  /** An output that was paid to a watched script, as it was stored. */
  restore(outpoint: Outpoint, script: Uint8Array, value: Sats): void {
    const path = this.#modules.watch.pathOf(script)
    if (path !== null) this.#pool.add(outpoint, path, value)
  }

  /** Something was told of wallets. */
  told(movement: Movement): void {
    if (movement.event !== 'payment-seen' && movement.event !== 'payment-confirmed') return
    const { outpoint, script, value } = movement.payment
    if (this.#modules.watch.pathOf(script) === null) return
    this.restore(outpoint, script, value)
    this.noteBlock()
  }

  /** There is a new block: `run` looks at the coins again. */
  noteBlock(): void {
    this.#noted.resolve()
  }

  /** Until the signal. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#noted.resolve()
    signal.addEventListener('abort', stop, { once: true })
    while (!signal.aborted) {
      this.#noted = Promise.withResolvers()
      await this.#attempt(signal)
      await this.#noted.promise
      await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => undefined)
    }
    signal.removeEventListener('abort', stop)
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    try {
      await this.maintain()
    } catch (error) {
      if (signal.aborted) return
      this.#modules.logger.warn('fee-wallet-waits', { error })
      setTimeout(() => this.noteBlock(), RETRY_MS).unref()
    }
  }

  /**
   * Looks at the coins, forgets what does not count any more, and splits where that is due or waits for too long.
   * @throws BitcoindError, StoreError
   */
  async maintain(): Promise<void> {
    const { bitcoind, openIncidents } = this.#modules
    const { blocks: tip } = await bitcoind.getBlockchainInfo()
    await this.#look(tip)
    const waiting = new Set(this.#coins.flatMap(({ spender }) => spender ?? []))
    if (this.#ledger.prune(tip, openIncidents(), waiting)) await this.#save()
    const made = await this.#exclusive(() => this.#splitter.split(this.#coins, tip))
    const hurried = await this.#exclusive(() => this.#splitter.hurry(this.#coins, tip))
    if (made || hurried) await this.#look(tip)
  }

  async bump(effect: Bump): Promise<Bumped> {
    const story = await this.#exclusive(() => this.#bump(effect))
    const { answer, txid } = story.bumped
    this.#bumps[resultOf(answer)] += 1
    const { incident_id, means } = effect
    this.#modules.logger.info('fee-wallet-bump', { incident_id, means, answer, txid, detail: story.reason })
    // What it shows is of before.
    this.noteBlock()
    return story.bumped
  }

  reading(): FeeWalletReading {
    const { signer, watch, config } = this.#modules
    const tip = this.#height ?? (0 as Height)
    const free = this.#coins.filter(({ status }) => status === 'confirmed')
    const left = this.#ledger.roomForSplit(tip)
    const most = sats(Math.min(config.max_sat_per_incident, Number(left)))
    return {
      descriptor: signer.account.descriptor,
      next_address: signer.account.addressAt({ branch: 0, index: watch.nextIndex(0) }),
      coins: this.#coins,
      height: this.#height,
      is_searching: watch.is_searching,
      reserve: sats(free.reduce((sum, { value }) => sum + value, 0n)),
      carries: carriesOf(this.#coins, most),
      spent_in_window: this.#ledger.spentInWindow(tip),
      left_in_window: left,
      bumps: this.#bumps,
      splits: this.#splitter.made,
    }
  }

  async #bump(effect: Bump): Promise<BumpStory> {
    const { bitcoind, transactions, signer, watch, logger } = this.#modules
    const transaction = transactions.get(effect.envelope_id)
    if (transaction === undefined) return failed('unreachable', 'not rebuilt in this process')
    try {
      // Lent and not copied: where there is no coin, nothing leaves, and it stays a secret.
      return await transaction.use((parent) => bumpOnce(effect, parent, {
        bitcoind, signer, watch, pool: this.#pool, ledger: this.#ledger,
        save: () => this.#save(),
        isReserved: (outpoint, but) => this.#isReserved(outpoint, but),
      }))
    } catch (error) {
      if (error instanceof VaultError) return failed(answerOfVaultError(error), error.message)
      if (!(error instanceof BitcoindError)) logger.error('fee-wallet-failed', { error })
      return failed('unreachable', error instanceof BitcoindError ? error.message : null)
    }
  }

  #isReserved(outpoint: Outpoint, but: IncidentId): boolean {
    const open = this.#modules.openIncidents()
    return this.#ledger.bumps.some((entry) => entry.coin === outpoint && entry.incident_id !== but && this.#isLive(entry, open))
  }

  /** The last bump of an open incident, unless its transaction is gone. */
  #isLive(entry: Ledger['bumps'][number], open: ReadonlySet<IncidentId>): boolean {
    const { incident_id, outpoint, spender } = entry
    return open.has(incident_id) && this.#ledger.last(incident_id, outpoint) === entry && !this.#gone.has(spender)
  }

  async #look(tip: Height): Promise<void> {
    const coins = await this.#pool.coins(tip)
    const unspent = new Set(coins.filter(({ spender }) => spender === null).map(({ outpoint }) => outpoint))
    // A block has passed, and nothing spends the coin: the transaction was evicted or replaced.
    const gone = this.#ledger.bumps.filter(({ coin, height }) => height < tip && unspent.has(coin))
    this.#gone = new Set(gone.map(({ spender }) => spender))
    this.#coins = coins
    this.#height = tip
  }

  async #save(): Promise<void> {
    await this.#modules.store.write([this.#ledger.rider()])
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}

function failed(answer: BumpAnswer, reason: string | null): BumpStory {
  return { bumped: { answer, txid: null, feerate: null }, reason }
}

function resultOf(answer: BumpAnswer): BumpResult {
  switch (answer) {
    case 'accepted':
    case 'already-known':
      return 'accepted'
    case 'no-coin':
    case 'over-budget':
    case 'unreachable':
      return answer
    default:
      return 'refused'
  }
}
