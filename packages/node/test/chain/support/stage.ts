import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Bitcoind, PURSE_SCRIPT, PURSE_WITNESS_SCRIPT, type RawTransaction, type Regtest, serialise, txidOf,
} from '@belfry/bitcoind'
import { type BlockHash, type Outpoint, sats, type Txid } from '@belfry/protocol/primitives'
import type { ChainInit } from '../../../src/chain/index.ts'
import { COIN_SATS, makeCoins } from '../../../../bitcoind/test/support/regtest-suite.ts'
import { TestWatcher } from './watcher.ts'

/** Spends two coins of the purse together. */
export function spendBoth(first: Outpoint, second: Outpoint, fee: number): RawTransaction {
  return {
    version: 3,
    inputs: [first, second].map((outpoint) => ({ outpoint, witness: [PURSE_WITNESS_SCRIPT] })),
    outputs: [{ script: PURSE_SCRIPT, value: sats(2 * COIN_SATS - fee) }],
  }
}

const POLL_TRIES = 1_000
const POLL_MS = 10

/** For what no event tells. */
export async function pollUntil(awaited: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !await isTrue(); tries++) {
    assert.ok(tries < POLL_TRIES, `${awaited} did not come`)
    await sleep(POLL_MS)
  }
}

/** One bitcoind, one watcher, and what a test does to them. */
export class Stage {
  readonly regtest: Regtest
  readonly watcher: TestWatcher
  /** Of the last block that `begin` saw told: the story begins above. */
  height = 0

  constructor(regtest: Regtest, init: Partial<ChainInit> = {}) {
    this.regtest = regtest
    this.watcher = new TestWatcher(regtest.node(0), init)
  }

  get bitcoind(): Bitcoind {
    return this.regtest.node(0).bitcoind
  }

  /** New coins, confirmed, and known to the watcher by their names; watched when it starts. */
  async deposits<Name extends string>(...names: readonly Name[]): Promise<Record<Name, Outpoint>> {
    const coins = await this.coins(...names)
    this.watcher.watchFromStart(...Object.values<Outpoint>(coins))
    return coins
  }

  /** The same, not watched. */
  async coins<Name extends string>(...names: readonly Name[]): Promise<Record<Name, Outpoint>> {
    const { outpoints } = await makeCoins(this.regtest, names.length)
    const coins = Object.fromEntries(names.map((name, i) => [name, outpoints[i]])) as Record<Name, Outpoint>
    this.watcher.call(coins)
    return coins
  }

  /** Starts the watcher, and waits until it is at the tip and hears of what comes. @param hears whether ZMQ will bring it */
  async begin(hears: boolean = this.watcher.usesZmq): Promise<void> {
    this.watcher.start()
    await pollUntil('a message by ZMQ', async () => {
      if (!hears || this.watcher.running.counters().zmq_messages > 0) return true
      await this.regtest.mine(0, 1)
      return false
    })
    const [tip] = await this.regtest.mine(0, 1)
    await this.watcher.when('the tip', () => this.watcher.position?.hash === tip)
    await this.watcher.quiet()
    assert.ok(this.watcher.story.every((told) => told.startsWith('connected')), 'only blocks')
    this.watcher.story.splice(0)
    this.height = this.watcher.position?.height ?? 0
  }

  name(name: string, transaction: RawTransaction): Txid {
    const txid = txidOf(transaction)
    this.watcher.call({ [name]: txid })
    return txid
  }

  async send(name: string, transaction: RawTransaction): Promise<Txid> {
    const txid = this.name(name, transaction)
    await this.bitcoind.sendRawTransaction(serialise(transaction))
    return txid
  }

  /** A block with exactly this transaction, that nobody has seen before. */
  async mineAlone(name: string, ...transactions: readonly RawTransaction[]): Promise<BlockHash> {
    for (const transaction of transactions) this.name(name, transaction)
    return this.bitcoind.generateBlock(await this.regtest.freshAddress(), transactions.map((one) => serialise(one)))
  }

  async mine(blocks: number): Promise<BlockHash[]> {
    return this.regtest.mine(0, blocks)
  }

  /** Undoes the last blocks, and mines as many and more on another branch, without the mempool. */
  async reorganise(depth: number, newBlocks: number): Promise<BlockHash> {
    const best = await this.bitcoind.getBlockchainInfo()
    const first = await this.bitcoind.getBlockHash(best.blocks - depth + 1)
    assert.ok(first !== null)
    await this.bitcoind.invalidateBlock(first)
    for (let i = 0; i < newBlocks; i++) await this.mineAlone('nothing')
    return first
  }
}
