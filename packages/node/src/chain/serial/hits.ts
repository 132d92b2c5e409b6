import { invariant } from '@belfry/protocol/primitives'
import type { Layouts, TransactionLayout } from './layouts.ts'

export type HitKind = 'spend' | 'payment' | 'txid-locator' | 'hashed-locator'

/**
 * What was found of the watch set, in the order of the block; within a transaction first by its locators (txid before
 * hashed), then in its inputs, then in its outputs. The scanner's next call uses it again, and values are read from the
 * scanned bytes, which must stay as they were.
 */
export interface Hits {
  readonly count: number
  kind(i: number): HitKind
  /** Its number in the table that it was found in: outpoints, scripts, or one of the two of locators. */
  entry(i: number): number
  /** Of the input or output; 0 for locators. */
  index(i: number): number
  /** Paid to a watched script, in satoshis: as the bytes have it, 64 bits. Payments only. */
  value(i: number): bigint
  /** Of the transaction, in the block. */
  position(i: number): number
  /** Offsets into the bytes that were scanned. */
  transaction(i: number): TransactionLayout
}

export const SPEND = 0
export const PAYMENT = 1
export const TXID_LOCATOR = 2
export const HASHED_LOCATOR = 3
const KINDS = ['spend', 'payment', 'txid-locator', 'hashed-locator'] as const satisfies HitKind[]

/** The words of one hit. */
const KIND = 0
const ENTRY = 1
const INDEX = 2
const POSITION = 3
/** Where the value is, in the view. */
const VALUE_AT = 4
const HIT_WORDS = 5

/** A vault's movement touches a few. */
const FIRST_CAPACITY = 64

export class HitBuffer implements Hits {
  count = 0
  private words = new Uint32Array(HIT_WORDS * FIRST_CAPACITY)
  private readonly layouts: Layouts
  private view: DataView = new DataView(new ArrayBuffer(0))

  constructor(layouts: Layouts) {
    this.layouts = layouts
  }

  /** @param view what the offsets of values are in */
  clear(view: DataView): void {
    this.count = 0
    this.view = view
  }

  kind(i: number): HitKind {
    const kind = KINDS[this.word(i, KIND)]
    invariant(kind !== undefined, 'a hit is of one of the kinds')
    return kind
  }

  entry(i: number): number {
    return this.word(i, ENTRY)
  }

  index(i: number): number {
    return this.word(i, INDEX)
  }

  value(i: number): bigint {
    invariant(this.word(i, KIND) === PAYMENT, 'only a payment has a value')
    return this.view.getBigUint64(this.word(i, VALUE_AT), true)
  }

  position(i: number): number {
    return this.word(i, POSITION)
  }

  transaction(i: number): TransactionLayout {
    return this.layouts.of(this.position(i))
  }

  /** The scanned bytes bound how often. */
  add(kind: number, entry: number, index: number, position: number, valueAt: number): void {
    const at = HIT_WORDS * this.count
    this.reserve(this.count + 1)
    const words = this.words
    words[at + KIND] = kind
    words[at + ENTRY] = entry
    words[at + INDEX] = index
    words[at + POSITION] = position
    words[at + VALUE_AT] = valueAt
    this.count += 1
  }

  /** Takes up what another has, each before what is here of its transaction. Both are in the order of the block. */
  putBefore(others: HitBuffer): void {
    let mine = this.count - 1
    let theirs = others.count - 1
    this.count += others.count
    this.reserve(this.count)
    // From the last, so that no hit is written over before it is moved.
    for (let to = this.count - 1; theirs >= 0; to--) {
      const isMine = mine >= 0 && this.word(mine, POSITION) >= others.word(theirs, POSITION)
      if (isMine) this.copy(this, mine--, to)
      else this.copy(others, theirs--, to)
    }
  }

  private copy(from: HitBuffer, i: number, to: number): void {
    for (let word = 0; word < HIT_WORDS; word++) {
      this.words[HIT_WORDS * to + word] = from.words[HIT_WORDS * i + word] ?? 0
    }
  }

  private reserve(count: number): void {
    if (HIT_WORDS * count <= this.words.length) return
    const words = new Uint32Array(HIT_WORDS * Math.max(count, 2 * this.count))
    words.set(this.words)
    this.words = words
  }

  private word(i: number, word: number): number {
    const value = i >= 0 && i < this.count ? this.words[HIT_WORDS * i + word] : undefined
    if (value === undefined) throw new RangeError(`there is no hit ${i}`)
    return value
  }
}
