/** What one transaction does to what is watched. */
import { type Outpoint, outpointOf, type Sats, sats, type Txid } from '@belfry/protocol/primitives'
import type { BlockScanner, Hits, TransactionLayout } from '../serial/index.ts'
import { inputsOf } from './inputs.ts'
import type { WatchedCoins } from './watched-coins.ts'
import type { Watched } from './watched.ts'

export interface FoundPayment {
  /** Its number in the table of scripts. */
  readonly script: number
  readonly vout: number
  readonly value: Sats
}

export interface FoundTransaction {
  /** Its number in the block; 0 for one that was scanned alone. */
  readonly position: number
  readonly layout: TransactionLayout
  /** Watched outpoints, in the order of its inputs. By name: their numbers may be others' before they are told. */
  readonly spends: readonly Outpoint[]
  /** In the order of its outputs. */
  readonly payments: readonly FoundPayment[]
}

/** @throws ChainError truncated, malformed, trailing-bytes */
export function findInBlock(scanner: BlockScanner, bytes: Uint8Array): FoundTransaction[] {
  return collected(scanner.scanBlock(bytes), bytes)
}

const NOTHING: readonly FoundTransaction[] = []

/** Of one transaction, which must be all of the bytes. @throws ChainError truncated, malformed, trailing-bytes */
export function findInTransaction(scanner: BlockScanner, bytes: Uint8Array): FoundTransaction | null {
  const hits = scanner.scanTransaction(bytes)
  const [found] = hits.count === 0 ? NOTHING : collected(hits, bytes)
  return found ?? null
}

/** A copy: the scanner's next call uses the hits again. */
function collected(hits: Hits, bytes: Uint8Array): FoundTransaction[] {
  const found: FoundTransaction[] = []
  let inputs: readonly Outpoint[] | null = null
  let spends: Outpoint[] = []
  let payments: FoundPayment[] = []
  for (let i = 0; i < hits.count; i++) {
    const position = hits.position(i)
    if (found.at(-1)?.position !== position) {
      inputs = null
      spends = []
      payments = []
      found.push({ position, layout: hits.transaction(i), spends, payments })
    }
    const kind = hits.kind(i)
    if (kind === 'spend') {
      inputs ??= [...inputsOf(bytes, hits.transaction(i))]
      const outpoint = inputs[hits.index(i)]
      if (outpoint !== undefined) spends.push(outpoint)
    } else if (kind === 'payment') {
      // More than all coins there are: consensus forbids it, so bitcoind never shows it.
      const value = hits.value(i)
      if (value <= MAX_VALUE) payments.push({ script: hits.entry(i), vout: hits.index(i), value: sats(value) })
    }
  }
  return found
}

const MAX_VALUE = 2_100_000_000_000_000n

/**
 * The states that the transaction is told of: of each watched coin that it spends; and where it pays a watched script, of
 * the coin by which the payment is followed: one that is watched anyway, or else the one that it spends first.
 */
export function concernedBy(found: FoundTransaction, bytes: Uint8Array, txid: Txid, coins: WatchedCoins): Watched[] {
  const states = new Set<Watched>()
  for (const outpoint of found.spends) {
    const state = coins.stateOf(outpoint)
    if (state !== null) states.add(state)
  }
  if (found.payments.length === 0) return [...states]
  const known = [...states].find(({ owners }) => owners.has('payment')) ?? [...states][0]
  const followed = coins.follow(known?.outpoint ?? followedCoin(bytes, found.layout, txid))
  if (followed !== null) states.add(followed)
  return [...states]
}

/** No output has this number: consensus allows far fewer. */
const NO_VOUT = 0xffff_ffff

/** A coinbase spends nothing: a name of its own stands for that, which no input can have. */
function followedCoin(bytes: Uint8Array, layout: TransactionLayout, txid: Txid): Outpoint {
  const [first] = inputsOf(bytes, layout)
  return first === undefined || isCoinbase({ outpoint: first }) ? outpointOf(txid, NO_VOUT) : first
}

/** Whether it is no coin at all, but stands for what a coinbase spends. */
export function isCoinbase({ outpoint }: Pick<Watched, 'outpoint'>): boolean {
  return outpoint.endsWith(`:${NO_VOUT}`)
}
