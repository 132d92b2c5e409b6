import assert from 'node:assert/strict'
import type { Bitcoind, RegtestNode } from '@belfry/bitcoind'
import type { BlockRef, ChainEvent } from '@belfry/protocol'
import { type BlockHash, fromHex, type Millis, type Outpoint, toHex } from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import { type Chain, type ChainInit, type ChainLog, type ChainStart, type ChainTiming, createChain, type HeaderRow } from '../../../src/chain/index.ts'
import { type Movement, MovementBook, readTold } from '../../../src/movements/index.ts'
import type { RowOrder, StoredRow } from '../../../src/store/index.ts'
import { riderOf } from '../../../src/wallets/rows.ts'
import type { Watch } from '../../../src/wallets/watch.ts'
import { type Loaded, loadWatching } from '../../../src/watching/load.ts'
import { type Fact, Knowledge } from './knowledge.ts'
import { sentenceOfMovement } from './sentences.ts'

export const REGTEST_GENESIS = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206' as BlockHash

/** Rounds come fast, so that "and nothing else" is known soon. */
export const QUICK: Partial<ChainTiming> = { poll_ms: 20, health_ms: 600_000, mempool_ms: 100 }
/** Only ZMQ can be what told it. */
export const NO_POLLS: Partial<ChainTiming> = { poll_ms: 600_000, health_ms: 600_000, mempool_ms: 600_000 }

const LIMIT_MS = 30_000
/** Half a minute of rounds. */
const MAX_ASKED = 1_500
/** Two for a round that is under way, and more for those that look once again. */
const QUIET_QUESTIONS = 8

/**
 * A chain watcher with a memory like the core's: what it was told is what it knows when it is started again. Likewise for
 * wallets, whose rows it keeps.
 */
export class TestWatcher {
  /** In words: `seen deposit theft`, `connected 103`. Names are given by `call`; heights are as they are. */
  readonly story: string[] = []
  readonly events: Fact[] = []
  readonly health: Extract<ChainEvent, { event: 'chain-health' }>[] = []
  readonly knowledge = new Knowledge()
  /** The watcher's own, by their keys in hex. */
  readonly kept = new Map<string, Uint8Array>()
  /** Called with each event before it is noted; a promise makes the chain wait. */
  onEvent: ((event: ChainEvent) => void | Promise<void>) | null = null
  /** Where the chain logs, from the next start on. */
  log: ChainLog | null = null

  private readonly names = new Map<string, string>()
  private readonly bitcoind: Bitcoind
  private readonly init: ChainInit
  private chain: Chain | null = null
  /** Null while no wallet watches anything. */
  private loaded: Loaded | null = null
  /** The number of the last movement that a test has looked at. */
  private looked = 0
  /** What it is told from now on is lost, as in a crash. */
  private isDead = false
  /** Before that, it goes on from where it began. */
  private hasBlock = false
  private questions = 0
  /** What it was told cannot be. */
  private failure: Error | null = null
  private readonly listeners = new Set<() => void>()

  constructor(node: Pick<RegtestNode, 'bitcoind' | 'zmq'>, init: Partial<ChainInit> = {}) {
    const { bitcoind } = node
    this.init = { genesis: REGTEST_GENESIS, zmq: node.zmq, timing: QUICK, ...init }
    this.bitcoind = {
      ...bitcoind,
      getBestBlockHash: (options) => this.counted(bitcoind.getBestBlockHash(options)),
      getBlockchainInfo: (options) => this.counted(bitcoind.getBlockchainInfo(options)),
    }
  }

  get known(): Knowledge['known'] {
    return this.knowledge.known
  }

  get position(): BlockRef | null {
    return this.knowledge.position
  }

  set position(position: BlockRef | null) {
    this.knowledge.position = position
  }

  get recent(): BlockRef[] {
    return this.knowledge.recent
  }

  get running(): Chain {
    assert.ok(this.chain !== null, 'the watcher runs')
    return this.chain
  }

  get usesZmq(): boolean {
    return this.init.zmq !== null
  }

  /** Names outpoints and txids. */
  call(names: Readonly<Record<string, string>>): void {
    for (const [name, id] of Object.entries(names)) this.names.set(id, name)
  }

  watchFromStart(...outpoints: readonly Outpoint[]): void {
    this.knowledge.watch(...outpoints)
  }

  /** For a wallet, from the next start on. */
  async watchForWallet(...watches: readonly Watch[]): Promise<void> {
    this.keep(watches.map(riderOf))
    await this.load()
  }

  /** Knows what the other knows. */
  inherit(other: TestWatcher): void {
    this.knowledge.inherit(other.knowledge)
    for (const [key, value] of other.kept) this.kept.set(key, value)
  }

  start(): void {
    this.isDead = false
    this.chain = createChain({ ...this.init, ...this.wallets() }, { bitcoind: this.bitcoind, ...this.log === null ? {} : { log: this.log } })
    this.chain.finished.catch((error: unknown) => {
      this.failure = error instanceof Error ? error : new Error(String(error))
      this.notify()
    })
    const from = { position: this.position, recent: this.recent, watched: [...this.known.values()] }
    const start: ChainStart = { ...structuredClone(from), headers: this.headers() }
    this.chain.start(start, {
      event: (event, position, riders) => {
        const waiting = this.onEvent?.(event)
        if (waiting === undefined) return this.note(event, position, riders)
        return waiting.then(() => this.note(event, position, riders))
      },
      rows: (riders) => this.keep(riders),
    })
  }

  /** @throws what the chain ended with */
  async stop(): Promise<void> {
    await this.chain?.stop()
    this.chain = null
    if (this.loaded !== null) await this.load()
    if (this.failure !== null) throw this.failure
  }

  /** Dies: nothing that it tells from now on is stored. */
  async kill(): Promise<void> {
    this.isDead = true
    await this.stop()
  }

  /** What wallets were told since a test looked last, in words. */
  async movements(): Promise<string[]> {
    const told = await readTold(this, this.looked, 1_000)
    assert.deepEqual(told.map(({ seq }) => seq), told.map((_, i) => this.looked + i + 1), 'numbers join on')
    return told.map(({ movement }) => this.sentenceOfMovement(movement))
  }

  /** And looks at them. */
  async takeMovements(): Promise<string[]> {
    const told = await this.movements()
    this.looked += told.length
    return told
  }

  /** As a store gives them. */
  async *rows(prefix: Uint8Array, { reverse = false, from = prefix }: RowOrder = {}): AsyncGenerator<StoredRow, void, undefined> {
    const rows = [...this.kept].filter(([key]) => key.startsWith(toHex(prefix)) && key >= toHex(from)).toSorted(([a], [b]) => (a < b ? -1 : 1))
    yield* (reverse ? rows.toReversed() : rows).map(([key, value]) => ({ key: fromHex(key), value }))
  }

  async write(riders: readonly Rider[]): Promise<void> {
    this.keep(riders)
  }

  /** Waits until this was told (so often). */
  async until(sentence: string, count = 1): Promise<void> {
    await this.when(`"${sentence}"`, () => this.story.filter((told) => told === sentence).length >= count)
  }

  async untilHealth(state: string): Promise<void> {
    await this.when(`health ${state}`, () => this.health.at(-1)?.state === state)
  }

  /**
   * Waits until bitcoind was looked at again and again. What was not told by then is not told at all. Without polls it
   * is not known; then the next story shows what was too much.
   */
  async quiet(): Promise<void> {
    if (this.init.timing === NO_POLLS) return
    const enough = this.questions + QUIET_QUESTIONS
    await this.when('quiet', () => this.questions >= enough)
  }

  async when(what: string, isTrue: () => boolean): Promise<void> {
    if (this.failure !== null) throw this.failure
    if (isTrue()) return
    await new Promise<void>((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer)
        this.listeners.delete(look)
      }
      const look = (): void => {
        if (this.failure === null && !isTrue()) return
        end()
        if (this.failure === null) resolve()
        else reject(this.failure)
      }
      const timer = setTimeout(() => {
        end()
        reject(new Error(`not told in ${LIMIT_MS} ms: ${what}; but:\n${this.story.join('\n')}`))
      }, LIMIT_MS)
      this.listeners.add(look)
    })
  }

  /** The same, for what has to be asked for. */
  async whenAsked(what: string, isTrue: () => Promise<boolean>): Promise<void> {
    for (let asked = 0; !await isTrue(); asked++) {
      assert.ok(asked < MAX_ASKED, `${what} did not come; but:\n${[...this.story, ...await this.movements()].join('\n')}`)
      const { questions } = this
      await this.when(what, () => this.questions > questions)
    }
  }

  /** The whole story since the last time, which must be this one. */
  async expect(...sentences: readonly string[]): Promise<void> {
    await this.when(`${sentences.length} events`, () => this.story.length >= sentences.length)
    await this.quiet()
    assert.deepEqual(this.story.splice(0), sentences)
  }

  private async counted<T>(answer: Promise<T>): Promise<T> {
    const answered = await answer
    this.questions += 1
    this.notify()
    return answered
  }

  private note(event: ChainEvent, position: BlockRef | null, riders: readonly Rider[]): void {
    if (this.isDead) return
    this.keep(riders)
    if (event.event === 'chain-health') this.health.push(event)
    else {
      this.knowledge.learn(event)
      this.hasBlock ||= event.event === 'block-connected'
      if (this.hasBlock) assert.deepEqual(position, this.position, 'where to go on from is the last block told')
      else this.position = position
      this.events.push(event)
      this.story.push(this.sentenceOf(event))
    }
    this.notify()
  }

  /** As the store would. */
  private keep(riders: readonly Rider[]): void {
    if (this.isDead) return
    for (const { key, value } of riders) {
      if (value === null) this.kept.delete(toHex(key))
      else this.kept.set(toHex(key), value)
    }
  }

  /** Of the header log, in the order of their keys. */
  private headers(): HeaderRow[] {
    return [...this.kept].filter(([key]) => key.startsWith('06')).toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ key: fromHex(key), value }))
  }

  private async load(): Promise<void> {
    this.loaded = await loadWatching(this, 'regtest', { onEntries: () => {} })
  }

  private wallets(): Partial<ChainInit> {
    if (this.loaded === null) return {}
    const { watchSet, watches, movements } = this.loaded
    return { watchSet, movements: (modules) => new MovementBook(movements, { ...modules, watches, now: () => Date.now() as Millis }) }
  }

  private sentenceOfMovement(movement: Movement): string {
    return sentenceOfMovement(movement, (id) => this.names.get(id) ?? id)
  }

  private sentenceOf(event: Fact): string {
    const name = (id: string): string => this.names.get(id) ?? id
    switch (event.event) {
      case 'block-connected':
        return `connected ${event.block.height}`
      case 'block-disconnected':
        return `disconnected ${event.block.height}`
      case 'spend-seen':
        return `seen ${name(event.outpoint)} ${name(event.tx.txid)}`
      case 'spend-replaced':
        return `replaced ${name(event.outpoint)} ${name(event.old_txid)} ${name(event.tx.txid)}`
      case 'spend-evicted':
        return `evicted ${name(event.outpoint)} ${name(event.txid)}`
      case 'spend-confirmed':
        return `confirmed ${name(event.outpoint)} ${name(event.tx.txid)} ${event.block.height}`
      case 'spend-unconfirmed':
        return `unconfirmed ${name(event.outpoint)} ${name(event.txid)} ${event.block.height}`
    }
  }

  private notify(): void {
    for (const listener of this.listeners) listener()
  }
}
