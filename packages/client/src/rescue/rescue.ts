/**
 * Bringing a coin to deep cold with nothing but its recovery set and one bitcoind: when no member is left, or none is
 * needed. Nothing is kept between runs.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnswerKind, Bitcoind } from '@belfry/bitcoind'
import { CodedError, type Height, type Txid, assertNever } from '@belfry/protocol/primitives'
import type { SignedRecoverySet, SignedTransaction, TransactionId } from '@belfry/vault'
import { ClientError } from '../errors.ts'
import { type Behind, type Coin, CoinWatcher, type Sight, type Waiting } from './coin.ts'
import { type Ladders, laddersOf } from './ladders.ts'
import { type Step, deadlineAt, nextStep, wantsEmergency } from './next-step.ts'

/** What a rescue tells on its way. Only what is public once it is told: never bytes that were not sent. */
export type RescueEvent =
  /** Where the coin is, told when it changes. */
  | { readonly event: 'coin'; readonly coin: Coin; readonly tip: Height }
  | { readonly event: 'sent'; readonly rung: SignedTransaction; readonly again: boolean }
  | { readonly event: 'refused'; readonly rung: SignedTransaction; readonly answer: AnswerKind; readonly reason: string }
  | { readonly event: 'waiting'; readonly until: Extract<Step, { step: 'wait' }>['until'] }
  /** The hot key's wait ends soon, and no clawback has confirmed. */
  | { readonly event: 'late'; readonly blocks_left: number }
  /** Confirmations of what has taken the coin, told with each block. */
  | { readonly event: 'depth'; readonly depth: number; readonly of: number }
  /** Blocks searched for what took the coin. */
  | { readonly event: 'searching'; readonly done: number; readonly of: number }
  /** There are blocks that bitcoind has not: what it says of the coin may be old. null: it does not know how many. */
  | { readonly event: 'behind'; readonly blocks: number | null }
  /** A look at the coin failed, and those after it until they do not: it goes on. */
  | { readonly event: 'trouble'; readonly code: string; readonly reason: string }

export type RescueEnd =
  | { readonly end: 'recovered'; readonly txid: Txid; readonly id: TransactionId | null; readonly height: Height; readonly depth: number }
  /** Another transaction took the coin, and is buried. */
  | {
      readonly end: 'lost'
      readonly from: 'deposit' | 'unvault'
      readonly txid: Txid
      readonly id: TransactionId | null
      readonly height: Height
      readonly depth: number
    }
  /** Nothing has moved the coin for good, and no emergency was ordered: nothing was sent. */
  | {
      readonly end: 'nothing-to-do'
      readonly spent_by: Txid | null
      readonly being_spent: boolean
      /** The last block of which bitcoind said so, for a person to compare: one that hears of no more blocks knows nothing of it. */
      readonly tip: Height
    }

export interface RescueInit {
  readonly bitcoind: Bitcoind
  /** Verified: acceptRecoverySet. */
  readonly set: SignedRecoverySet
  /** Bring the deposit to deep cold although no U of this vault stands. */
  readonly emergency: boolean
  /** Confirmations after which it ends. */
  readonly until: number
  /** Blocks to search for what took a coin that is not there. */
  readonly look_back: number
  readonly interval_ms: number
  readonly onEvent: (event: RescueEvent) => void
  readonly signal: AbortSignal
}

/** Confirmations after which no reorganisation is expected to give a coin back. */
const BURIED = 6

/**
 * Once the first look has succeeded, no failure of bitcoind ends it, for any may pass or be mended.
 * @throws ClientError coin-not-found, blocks-pruned; BitcoindError; the signal's reason
 */
export async function rescue(init: RescueInit): Promise<RescueEnd> {
  return await new Rescue(init).run()
}

class Rescue {
  readonly #init: RescueInit
  readonly #ladders: Ladders
  readonly #watcher: CoinWatcher
  readonly #sent = new Set<SignedTransaction>()
  /** What was last told or tried, so that it is told and tried again only where something has changed. */
  #told = ''
  #tried = ''
  #troubled = false
  #isBehind = false
  #isJudged = false

  constructor(init: RescueInit) {
    const { bitcoind, set, look_back, onEvent, signal } = init
    this.#init = init
    this.#ladders = laddersOf(set)
    this.#watcher = new CoinWatcher({
      bitcoind,
      plan: set.plan,
      ladders: this.#ladders,
      look_back,
      onSearch: (done, of) => onEvent({ event: 'searching', done, of }),
      signal,
    })
  }

  async run(): Promise<RescueEnd> {
    let sight: Sight | null = await this.#watcher.look()
    for (;;) {
      const end = sight === null ? null : (this.#idle(sight) ?? (await this.#advance(sight)))
      if (end !== null) return end
      await sleep(this.#init.interval_ms, undefined, { signal: this.#init.signal })
      sight = await this.#lookAgain()
    }
  }

  /** Judged once, as soon as bitcoind is up to date. Later, a rescue waits for the coin to move again. */
  #idle(sight: Sight): RescueEnd | null {
    this.#tellBehind(sight.behind)
    if (this.#isJudged || sight.behind !== null) return null
    this.#isJudged = true
    if (sight.coin.where === 'not-found') throw notFound(this.#ladders, this.#init.look_back)
    return this.#nothingToDo(sight)
  }

  #tellBehind(behind: Behind | null): void {
    if (behind !== null && !this.#isBehind) this.#init.onEvent({ event: 'behind', blocks: behind.blocks })
    this.#isBehind = behind !== null
  }

  #nothingToDo({ coin, tip }: Sight): RescueEnd | null {
    if (coin.where !== 'deposit' || wantsEmergency(this.#ladders, coin, this.#orders())) return null
    const { waiting } = coin
    return { end: 'nothing-to-do', spent_by: waiting?.txid ?? null, being_spent: waiting !== null, tip }
  }

  #orders(): { emergency: boolean; sent: ReadonlySet<SignedTransaction> } {
    return { emergency: this.#init.emergency, sent: this.#sent }
  }

  async #lookAgain(): Promise<Sight | null> {
    try {
      const sight = await this.#watcher.look()
      this.#troubled = false
      return sight
    } catch (error) {
      if (this.#init.signal.aborted || !(error instanceof CodedError)) throw error
      if (!this.#troubled) this.#init.onEvent({ event: 'trouble', code: String(error.code), reason: error.message })
      this.#troubled = true
      // Whatever bitcoind forgot meanwhile, such as its mempool, it is told again.
      this.#tried = ''
      return null
    }
  }

  async #advance(sight: Sight): Promise<RescueEnd | null> {
    const { set, until, onEvent } = this.#init
    const { coin, tip } = sight
    const isNews = this.#isNews(coin)
    if (isNews) onEvent({ event: 'coin', coin, tip })
    if (coin.where === 'saved' || coin.where === 'taken') return this.#buried(coin, tip, until)
    const step = nextStep(set.plan, this.#ladders, sight, this.#orders())
    const occasion = `${tip} ${this.#told}`
    if (occasion === this.#tried) return null
    this.#tried = occasion
    if (coin.where === 'unvaulted' && coin.height !== null) this.#warnWhenLate(deadlineAt(set.plan, coin.height), coin.height, tip)
    if (step.step === 'send') await this.#send(step, coin, tip)
    else if (isNews) onEvent({ event: 'waiting', until: step.until })
    return null
  }

  #isNews(coin: Coin): boolean {
    const words = wordsOf(coin)
    const isNews = words !== this.#told
    this.#told = words
    return isNews
  }

  #buried(coin: Extract<Coin, { where: 'saved' | 'taken' }>, tip: Height, until: number): RescueEnd | null {
    const depth = tip - coin.height + 1
    const of = coin.where === 'saved' ? until : BURIED
    const occasion = `${depth} ${this.#told}`
    if (occasion !== this.#tried) this.#init.onEvent({ event: 'depth', depth, of })
    this.#tried = occasion
    if (depth < of) return null
    const { txid, id, height } = coin
    if (coin.where === 'saved') return { end: 'recovered', txid, id, height, depth }
    return { end: 'lost', from: coin.from, txid, id, height, depth }
  }

  #warnWhenLate(deadline: Height, unvaulted: Height, tip: Height): void {
    if (tip < deadline) return
    const { csv } = this.#init.set.plan
    this.#init.onEvent({ event: 'late', blocks_left: Math.max(0, unvaulted + csv - 1 - tip) })
  }

  /** Each in turn until one is taken; what none is taken for is tried again with the next block. */
  async #send({ rungs, parent }: Extract<Step, { step: 'send' }>, coin: Coin, tip: Height): Promise<void> {
    const { bitcoind, onEvent, signal } = this.#init
    const waiting = 'waiting' in coin ? coin.waiting : null
    for (const rung of rungs) {
      const answer = await (parent === null
        ? bitcoind.broadcast(rung.raw, { signal })
        : bitcoind.broadcastPackage([parent.raw, rung.raw], { signal }))
      switch (answer.kind) {
        case 'accepted':
        case 'already-known':
          this.#sent.add(rung)
          onEvent({ event: 'sent', rung, again: waiting?.rung === rung })
          this.#expect(coin, { txid: rung.txid, rung }, tip)
          return
        case 'fee-too-low':
        case 'conflict':
        case 'mempool-limits':
        case 'non-standard':
        case 'script-invalid':
        case 'invalid':
        case 'rejected':
          onEvent({ event: 'refused', rung, answer: answer.kind, reason: answer.reason })
          break
        case 'inputs-missing':
        case 'not-final':
        case 'unreachable':
          // Another rung fares no better. The coin is looked at again at once, and this is tried again.
          this.#tried = ''
          onEvent({ event: 'refused', rung, answer: answer.kind, reason: answer.reason })
          return
        default:
          assertNever(answer)
      }
    }
  }

  /** What the next look should find is no news, and no reason to send again before the next block. */
  #expect(coin: Coin, waiting: Waiting & { readonly rung: SignedTransaction }, tip: Height): void {
    const isClawback = coin.where === 'unvaulted' && waiting.rung.place.purpose === 'clawback'
    this.#told = wordsOf(isClawback ? { ...coin, waiting } : { where: 'deposit', waiting })
    this.#tried = `${tip} ${this.#told}`
  }
}

/** What makes it another state of the coin; the same words, the same state. */
function wordsOf(coin: Coin): string {
  switch (coin.where) {
    case 'deposit':
      return `deposit ${waitingWords(coin.waiting)}`
    case 'unvaulted':
      return `${coin.variant.unvault.id} ${coin.height} ${waitingWords(coin.waiting)}`
    case 'saved':
    case 'taken':
      return `${coin.txid} ${coin.height}`
    case 'not-found':
      return 'not-found'
    default:
      return assertNever(coin)
  }
}

function waitingWords(waiting: { readonly txid: Txid | null } | null): string {
  return waiting === null ? 'nothing' : (waiting.txid ?? 'unknown')
}

function notFound({ deposit }: Ladders, look_back: number): ClientError {
  return new ClientError(
    'coin-not-found',
    `this bitcoind knows no coin ${deposit}, and nothing in its last ${look_back} blocks spent it`,
    'Check that it is the right set, or search further back (--look-back).',
  )
}
