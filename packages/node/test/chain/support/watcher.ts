import assert from 'node:assert/strict'
import type { Bitcoind, RegtestNode } from '@belfry/bitcoind'
import type { BlockRef, ChainEvent, WatchedOutpoint } from '@belfry/protocol'
import { type BlockHash, fromHex, type Outpoint, toHex } from '@belfry/protocol/primitives'
import type { Rider } from '@belfry/runtime'
import { type Chain, type ChainInit, type ChainStart, type ChainTiming, createChain, type HeaderRow } from '../../../src/chain/index.ts'

export const REGTEST_GENESIS = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206' as BlockHash

/** Rounds come fast, so that "and nothing else" is known soon. */
export const QUICK: Partial<ChainTiming> = { poll_ms: 20, health_ms: 600_000, mempool_ms: 100 }
/** Only ZMQ can be what told it. */
export const NO_POLLS: Partial<ChainTiming> = { poll_ms: 600_000, health_ms: 600_000, mempool_ms: 600_000 }

const LIMIT_MS = 30_000
/** Two for a round that is under way, and more for those that look once again. */
const QUIET_QUESTIONS = 8

type Told = Exclude<ChainEvent, { event: 'chain-health' }>

/**
 * A chain watcher with a memory like the core's: what it was told is what it knows when it is started again.
 */
export class TestWatcher {
  /** In words: `seen deposit theft`, `connected 103`. Names are given by `call`; heights are as they are. */
  readonly story: string[] = []
  readonly events: Told[] = []
  readonly health: Extract<ChainEvent, { event: 'chain-health' }>[] = []
  readonly known = new Map<Outpoint, { -readonly [Field in keyof WatchedOutpoint]: WatchedOutpoint[Field] }>()
  position: BlockRef | null = null
  recent: BlockRef[] = []
  /** The watcher's own, by their keys in hex. */
  readonly rows = new Map<string, Uint8Array>()
  /** Called with each event before it is noted; a promise makes the chain wait. */
  onEvent: ((event: ChainEvent) => void | Promise<void>) | null = null

  private readonly names = new Map<string, string>()
  private readonly bitcoind: Bitcoind
  private readonly init: ChainInit
  private chain: Chain | null = null
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
    for (const outpoint of outpoints) this.known.set(outpoint, { outpoint, mempool_txid: null, confirmed: null })
  }

  /** Knows what the other knows. */
  inherit(other: TestWatcher): void {
    for (const [outpoint, known] of other.known) this.known.set(outpoint, known)
    this.position = other.position
    this.recent = [...other.recent]
    for (const [key, value] of other.rows) this.rows.set(key, value)
  }

  start(): void {
    this.chain = createChain(this.init, { bitcoind: this.bitcoind })
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
    if (this.failure !== null) throw this.failure
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
    this.keep(riders)
    if (event.event === 'chain-health') this.health.push(event)
    else {
      this.learn(event, position)
      this.events.push(event)
      this.story.push(this.sentenceOf(event))
    }
    this.notify()
  }

  /** As the store would. */
  private keep(riders: readonly Rider[]): void {
    for (const { key, value } of riders) {
      if (value === null) this.rows.delete(toHex(key))
      else this.rows.set(toHex(key), value)
    }
  }

  /** Of the header log, in the order of their keys. */
  private headers(): HeaderRow[] {
    return [...this.rows].filter(([key]) => key.startsWith('06')).toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ key: fromHex(key), value }))
  }

  private learn(event: Told, position: BlockRef | null): void {
    assert.ok(position !== null)
    if (event.event === 'block-connected') {
      if (this.position !== null) assert.equal(event.previous, this.position.hash, 'blocks join on')
      if (this.position !== null) this.recent.push(this.position)
      assert.deepEqual(position, event.block)
    } else if (event.event === 'block-disconnected') {
      assert.deepEqual(event.block, this.position, 'the last block is the one that goes')
      assert.equal(position.hash, event.previous)
      this.recent = this.recent.filter(({ height }) => height < position.height)
    } else {
      this.learnSpend(event)
    }
    this.position = position
  }

  private learnSpend(event: Exclude<Told, { event: 'block-connected' | 'block-disconnected' }>): void {
    const known = this.known.get(event.outpoint)
    assert.ok(known !== undefined, 'only what is watched is told')
    switch (event.event) {
      case 'spend-seen':
        assert.deepEqual([known.mempool_txid, known.confirmed], [null, null])
        known.mempool_txid = event.tx.txid
        break
      case 'spend-replaced':
        assert.equal(known.mempool_txid, event.old_txid)
        known.mempool_txid = event.tx.txid
        break
      case 'spend-evicted':
        assert.equal(known.mempool_txid, event.txid)
        known.mempool_txid = null
        break
      case 'spend-confirmed':
        assert.equal(known.confirmed, null)
        known.confirmed = { txid: event.tx.txid, block: event.block }
        known.mempool_txid = null
        break
      case 'spend-unconfirmed':
        assert.deepEqual(known.confirmed, { txid: event.txid, block: event.block })
        known.confirmed = null
        break
    }
  }

  private sentenceOf(event: Told): string {
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
