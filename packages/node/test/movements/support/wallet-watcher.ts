import assert from 'node:assert/strict'
import type { Bitcoind, RegtestNode } from '@belfry/bitcoind'
import type { BlockRef } from '@belfry/protocol'
import { type BlockHash, type Millis, type Outpoint, toHex } from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import { type Chain, type ChainInit, createChain } from '../../../src/chain/index.ts'
import { type Movement, MovementBook, readTold, type ToldMovement } from '../../../src/movements/index.ts'
import type { RowOrder, StoredRow } from '../../../src/store/index.ts'
import { removalOf, riderOf } from '../../../src/wallets/rows.ts'
import type { Watch } from '../../../src/wallets/watch.ts'
import { type Loaded, loadWatching } from '../../../src/watching/load.ts'
import { Rescan } from '../../../src/watching/rescan.ts'
import { QUICK, REGTEST_GENESIS } from '../../chain/support/watcher.ts'
import { pollUntil } from '../../chain/support/stage.ts'
import { recorded } from '../../logging/support.ts'

/** Of what was told, without its evidence. */
const TOLD_ROWS = Uint8Array.of(5, 1)

/** What the store would hold. */
export class StoredRows {
  private readonly held = new Map<string, StoredRow>()

  async write(riders: readonly Rider[]): Promise<void> {
    for (const { key, value } of riders) {
      if (value === null) this.held.delete(toHex(key))
      else this.held.set(toHex(key), { key, value })
    }
  }

  async *rows(prefix: Uint8Array, { reverse = false, from = prefix }: RowOrder = {}): AsyncGenerator<StoredRow, void, undefined> {
    const rows = [...this.held].filter(([key]) => key.startsWith(toHex(prefix)) && key >= toHex(from)).toSorted(([a], [b]) => (a < b ? -1 : 1))
    yield* (reverse ? rows.toReversed() : rows).map(([, row]) => row)
  }
}

/** A chain watcher with wallets, as a node composes them, over rows in memory. What was told is read from the rows. */
export class WalletWatcher {
  readonly store = new StoredRows()
  position: BlockRef | null = null
  /** The rows and positions that come from now on are lost, as in a crash. */
  losesAll = false
  /** Of the rescan. */
  readonly log = recorded()
  private readonly node: Pick<RegtestNode, 'bitcoind' | 'zmq'>
  private readonly init: Partial<ChainInit>
  private readonly names = new Map<string, string>()
  private chain: Chain | null = null
  private loaded: Loaded | null = null
  private stopping = new AbortController()
  private rescanned: Promise<void> = Promise.resolve()
  private read = 0
  private rounds = 0

  constructor(node: Pick<RegtestNode, 'bitcoind' | 'zmq'>, init: Partial<ChainInit> = {}) {
    const { bitcoind } = node
    const getBestBlockHash: Bitcoind['getBestBlockHash'] = async (options) => {
      const best = await bitcoind.getBestBlockHash(options)
      this.rounds += 1
      return best
    }
    this.node = { ...node, bitcoind: { ...bitcoind, getBestBlockHash } }
    this.init = init
  }

  get running(): Chain {
    assert.ok(this.chain !== null)
    return this.chain
  }

  /** Names outpoints, scripts in hex, and txids. */
  call(names: Readonly<Record<string, string>>): void {
    for (const [name, id] of Object.entries(names)) this.names.set(id, name)
  }

  async add(...watches: readonly Watch[]): Promise<void> {
    await this.store.write(watches.map(riderOf))
  }

  async remove(...watches: readonly Watch[]): Promise<void> {
    await this.store.write(watches.map(({ id }) => removalOf(id)))
  }

  async start(): Promise<void> {
    this.losesAll = false
    this.loaded = await loadWatching(this.store, 'regtest', { onEntries: () => {} })
    const { watchSet, watches, movements, headers } = this.loaded
    const init: ChainInit = {
      genesis: REGTEST_GENESIS,
      zmq: this.node.zmq,
      timing: QUICK,
      watchSet,
      movements: (modules) => new MovementBook(movements, { ...modules, watches, now: () => Date.now() as Millis }),
      ...this.init,
    }
    this.chain = createChain(init, { bitcoind: this.node.bitcoind })
    this.chain.start({ position: this.position, recent: [], watched: [], headers }, {
      event: (_event, position, riders) => this.keep(position, riders),
      rows: (riders) => this.keep(this.position, riders),
    })
    const { bitcoind } = this.node
    this.stopping = new AbortController()
    const { signal } = this.stopping
    const rescan = new Rescan({ retry_ms: 20 }, { bitcoind, chain: this.running, watchSet, watches, logger: this.log.logger, signal })
    this.rescanned = rescan.run()
    // Whoever waits for it is told.
    this.rescanned.catch(() => {})
    await this.running.watch([])
  }

  /** All old blocks. */
  async searched(): Promise<void> {
    await this.rescanned
    for (const { watch } of this.loaded?.watches.entries() ?? []) assert.equal(watch.scan.state, 'done')
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.chain?.stop()
    await this.rescanned
    this.chain = null
  }

  /** Dies: nothing that it tells from now on is stored. */
  async kill(): Promise<void> {
    this.losesAll = true
    await this.stop()
  }

  async at(tip: BlockHash | undefined): Promise<void> {
    await pollUntil('the tip', () => this.position?.hash === tip)
  }

  /** All that was told since the last time, which must be this. */
  async expect(...sentences: readonly string[]): Promise<ToldMovement[]> {
    await this.settled(sentences.length)
    const told = await this.told()
    assert.deepEqual(told.map(({ movement }) => this.sentenceOf(movement)), sentences)
    this.read += told.length
    assert.deepEqual(told.map(({ seq }) => seq), sentences.map((_, i) => this.read - told.length + i + 1))
    return told
  }

  /** So much was told, and some rounds brought no more. */
  async settled(count: number): Promise<void> {
    await pollUntil(`${count} movements`, async () => (await this.told()).length >= count)
    // What is too much comes within a few rounds, each of which asks for the best block.
    const rounds = this.rounds + 8
    await pollUntil('some rounds', () => this.rounds >= rounds)
  }

  /** Of what was told since the last time, in whatever order. */
  async sentences(): Promise<string[]> {
    const told = await this.told()
    this.read += told.length
    return told.map(({ movement }) => this.sentenceOf(movement))
  }

  async told(): Promise<ToldMovement[]> {
    return await readTold(this.store, this.read, 1_000)
  }

  /** As after ten thousand more. */
  async forgetTold(): Promise<void> {
    const rows: StoredRow[] = []
    for await (const row of this.store.rows(TOLD_ROWS)) rows.push(row)
    await this.store.write(rows.slice(0, -1).map(({ key }) => ({ key, value: null })))
  }

  /** All that was told, whatever it is. */
  async skip(): Promise<void> {
    this.read += (await this.told()).length
  }

  private async keep(position: BlockRef | null, riders: readonly Rider[]): Promise<void> {
    if (this.losesAll) return
    await this.store.write(riders)
    this.position = position
  }

  private sentenceOf(movement: Movement): string {
    const name = (id: string): string => this.names.get(id) ?? id
    const nameOf = (outpoint: Outpoint): string => this.names.get(outpoint) ?? name(outpoint.split(':')[0] ?? '')
    const height = 'block' in movement ? ` ${movement.block.height}` : ''
    const by = 'txid' in movement && movement.event !== 'payment-seen' && movement.event !== 'payment-confirmed' ? ` ${name(movement.txid)}` : ''
    const subject = 'payment' in movement
      ? `${name(toHex(movement.payment.script))} ${nameOf(movement.payment.outpoint)}`
      : nameOf(movement.outpoint)
    return `${movement.event} ${subject}${by}${height}`
  }
}
