import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { PURSE_SCRIPT, PURSE_WITNESS_SCRIPT, type RawTransaction } from '@belfry/bitcoind'
import { concat, type Outpoint, sats, toHex } from '@belfry/protocol/primitives'
import { COIN_SATS } from '../../../../bitcoind/test/support/regtest-suite.ts'
import { read } from '../../wallets/support.ts'
import type { Stage } from './stage.ts'

/** OP_2: whoever knows it spends what is paid to it. */
export const PAID_WITNESS_SCRIPT = Uint8Array.of(0x52)
export const PAID_SCRIPT = concat(Uint8Array.of(0x00, 0x20), createHash('sha256').update(PAID_WITNESS_SCRIPT).digest())
export const PAID_SATS = 10_000

/** What becomes of one transaction, whoever is told of it. Heights are as they are. */
export type Happening = OfChain | OfCoin

type OfChain = { readonly is: 'connected' | 'disconnected'; readonly height: number }

type OfCoin =
  | { readonly is: 'seen' | 'evicted'; readonly tx: string }
  /** A block that was undone had it; another block has another. Only who is paid by it hears of that. */
  | { readonly is: 'outdone'; readonly old: string; readonly tx: string }
  | { readonly is: 'replaced'; readonly old: string; readonly tx: string; readonly by?: 'block' }
  | { readonly is: 'confirmed' | 'unconfirmed'; readonly tx: string; readonly height: number }

/** What is watched, and how it is told of it. */
export interface Subject {
  readonly core: boolean
  readonly listed: boolean
  readonly paid: boolean
}

export const SUBJECTS: Readonly<Record<string, Subject>> = {
  'a coin of the core': { core: true, listed: false, paid: false },
  'a coin on a list': { core: false, listed: true, paid: false },
  'a script': { core: false, listed: false, paid: true },
  'all three in one transaction': { core: true, listed: true, paid: true },
}

/** A transaction that moves all that the subject watches. */
export class Scene {
  readonly stage: Stage
  private readonly subject: Subject
  private coins: readonly Outpoint[] = []

  constructor(stage: Stage, subject: Subject) {
    this.stage = stage
    this.subject = subject
  }

  /** What is watched, that is there to be spent. */
  get watched(): readonly Outpoint[] {
    return this.subject.core || this.subject.listed ? this.coins : []
  }

  /** Makes the coins, and starts the watcher. @param hears whether ZMQ brings what comes */
  async begin(hears: boolean = this.stage.watcher.usesZmq): Promise<void> {
    await this.prepare()
    await this.stage.begin(hears)
  }

  /** Makes the coins. */
  async prepare(): Promise<void> {
    const { watcher } = this.stage
    const { core, listed, paid } = this.subject
    const { kept, list, other } = await this.stage.coins('kept', 'list', 'other')
    if (core) watcher.watchFromStart(kept)
    watcher.call({ paid: toHex(PAID_SCRIPT) })
    if (listed) await watcher.watchForWallet((await read('outpoint', list)).watch)
    if (paid) await watcher.watchForWallet((await read('script', toHex(PAID_SCRIPT))).watch)
    this.coins = [...core ? [kept] : [], ...listed ? [list] : [], ...core || listed ? [] : [other]]
  }

  /** @param more spent besides, of the purse and of COIN_SATS each */
  move(fee: number, more: readonly Outpoint[] = [], moreValue: number = more.length * COIN_SATS): RawTransaction {
    const inputs = [...this.coins, ...more]
    const paid = this.subject.paid ? PAID_SATS : 0
    const rest = { script: PURSE_SCRIPT, value: sats(this.coins.length * COIN_SATS + moreValue - fee - paid) }
    return {
      version: 3,
      inputs: inputs.map((outpoint) => ({ outpoint, witness: [PURSE_WITNESS_SCRIPT] })),
      outputs: this.subject.paid ? [{ script: PAID_SCRIPT, value: sats(PAID_SATS) }, rest] : [rest],
    }
  }

  /**
   * All that was told since the last time must be this, to each who watches. What bitcoind takes back into its mempool, or
   * puts out of it, comes between blocks at any time: the order of what is told of one coin, and that of the chain, are held to.
   */
  async expect(...happenings: readonly Happening[]): Promise<void> {
    const { watcher } = this.stage
    const core = happenings.flatMap((one) => this.coreSentence(one))
    await watcher.when(`${core.length} events`, () => watcher.story.length >= core.length)
    const streams = [
      ...this.subject.listed ? [happenings.flatMap((one) => listSentence(one))] : [],
      ...this.subject.paid ? [happenings.flatMap((one) => paidSentences(one))] : [],
    ]
    const count = streams.flat().length
    await watcher.whenAsked(`${count} movements`, async () => (await watcher.movements()).length >= count)
    await watcher.quiet()
    const story = watcher.story.splice(0)
    assert.deepEqual(story.filter(isOfChain), core.filter(isOfChain))
    assert.deepEqual(story.filter(isOfCoin), core.filter(isOfCoin))
    const movements = await watcher.takeMovements()
    assert.equal(movements.length, count, movements.join('\n'))
    for (const stream of streams) {
      const [kind] = stream[0]?.split('-') ?? []
      assert.deepEqual(movements.filter((told) => told.split('-')[0] === kind), stream)
    }
  }

  private coreSentence(one: Happening): string[] {
    if (isBlock(one)) return [`${one.is} ${one.height}`]
    return this.subject.core && one.is !== 'outdone' ? [coinSentence(one, 'kept')] : []
  }
}

function isBlock(one: Happening): one is OfChain {
  return one.is === 'connected' || one.is === 'disconnected'
}

function isOfChain(sentence: string): boolean {
  return /^(dis)?connected|^(un)?confirmed/.test(sentence)
}

function isOfCoin(sentence: string): boolean {
  return !/^(dis)?connected/.test(sentence)
}

function coinSentence(one: Exclude<OfCoin, { is: 'outdone' }>, coin: string): string {
  if (one.is === 'replaced') return `replaced ${coin} ${one.old} ${one.tx}`
  return 'height' in one ? `${one.is} ${coin} ${one.tx} ${one.height}` : `${one.is} ${coin} ${one.tx}`
}

function listSentence(one: Happening): string[] {
  return isBlock(one) || one.is === 'outdone' ? [] : [`spend-${coinSentence(one, 'list')}`]
}

function paidSentences(one: Happening): string[] {
  if (isBlock(one)) return []
  if (one.is === 'outdone') return [`payment-replaced paid ${one.old} ${one.tx}`]
  const told = `payment-${coinSentence(one, 'paid')}`
  return one.is === 'replaced' && one.by !== 'block' ? [told, `payment-seen paid ${one.tx}`] : [told]
}

export const seen = (tx: string): Happening => ({ is: 'seen', tx })
export const evicted = (tx: string): Happening => ({ is: 'evicted', tx })
export const replaced = (old: string, tx: string): Happening => ({ is: 'replaced', old, tx })
export const outdone = (old: string, tx: string): Happening => ({ is: 'outdone', old, tx })
export const replacedByBlock = (old: string, tx: string): Happening => ({ is: 'replaced', old, tx, by: 'block' })
export const confirmed = (tx: string, height: number): Happening => ({ is: 'confirmed', tx, height })
export const unconfirmed = (tx: string, height: number): Happening => ({ is: 'unconfirmed', tx, height })

/** From the lower to the higher of these blocks. */
export function connected(from: number, to: number = from): Happening[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => ({ is: 'connected', height: from + i }))
}

/** From the higher to the lower. */
export function disconnected(from: number, to: number = from): Happening[] {
  return Array.from({ length: Math.max(0, from - to + 1) }, (_, i) => ({ is: 'disconnected', height: from - i }))
}
