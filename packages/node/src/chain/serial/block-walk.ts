import { ChainError } from '../errors.ts'
import { longSizeAt, malformed, sizeAt, truncated, widthOf } from './compact-size.ts'
import { Layouts } from './layouts.ts'
import { Offsets } from './offsets.ts'

// Of this module alone: V8 reads what is imported anew at each use, and the walk takes a sixth longer.
const HEADER_BYTES = 80
const VERSION_BYTES = 4
const OUTPOINT_BYTES = 36
const SEQUENCE_BYTES = 4
const VALUE_BYTES = 8
const LOCKTIME_BYTES = 4
/** With an empty script. */
const MIN_INPUT_BYTES = OUTPOINT_BYTES + 1 + SEQUENCE_BYTES
/** With an empty script. */
const MIN_OUTPUT_BYTES = VALUE_BYTES + 1
/** With one input and no output: consensus has none such, but bitcoind's decoder takes them. */
const MIN_TRANSACTION_BYTES = VERSION_BYTES + 1 + MIN_INPUT_BYTES + 1 + LOCKTIME_BYTES
/** The first byte of a CompactSize that has more than this one; below it is the value. */
const LONG_SIZE = 0xfd
/** As in `Layouts`. */
const LAYOUT_WORDS = 4

/** What is to be noted besides where the transactions are. */
export interface Wanted {
  readonly inputs: boolean
  readonly outputs: boolean
}

/**
 * Goes over serialised transactions (BIP 144) and notes where everything is. It takes what bitcoind's decoder takes,
 * less transactions without inputs. No byte past the end is read, and every turn of a loop consumes bytes, so that
 * hostile bytes cost no more time than others. It allocates nothing but room for more than ever before.
 */
export class BlockWalk {
  /** Offsets from the first of the bytes. */
  readonly layouts: Layouts
  /** Of the outpoints that the inputs spend, in the view. */
  readonly inputs: Offsets
  /** Of the values of the outputs, in the view. */
  readonly outputs: Offsets

  /** @param capacity transactions to make room for */
  constructor(capacity: number) {
    this.layouts = new Layouts(capacity)
    this.inputs = new Offsets(2 * capacity)
    this.outputs = new Offsets(4 * capacity)
  }

  clear(): void {
    this.layouts.clear()
    this.inputs.clear()
    this.outputs.clear()
  }

  /**
   * A block: the bytes of the view from `base` to `end`, all of them.
   * @throws ChainError truncated, malformed, trailing-bytes; what was noted until then is of no use
   */
  block(view: DataView, base: number, end: number, wanted: Wanted): void {
    if (end - base < HEADER_BYTES) throw new ChainError('truncated', 'a block is shorter than its header')
    const countAt = base + HEADER_BYTES
    const count = sizeAt(view, countAt, end)
    if (count === 0) throw malformed('a block has no transactions')
    const first = countAt + widthOf(count)
    if (count * MIN_TRANSACTION_BYTES > end - first) throw truncated()
    requireEnd(this.transactions(view, base, first, end, count, wanted), end)
  }

  /** One transaction, in the same way. @throws ChainError truncated, malformed, trailing-bytes */
  transaction(view: DataView, base: number, end: number, wanted: Wanted): void {
    requireEnd(this.transactions(view, base, base, end, 1, wanted), end)
  }

  /** @returns where the last of so many ends */
  private transactions(
    view: DataView, base: number, first: number, end: number, total: number, wanted: Wanted,
  ): number {
    const { layouts, inputs, outputs } = this
    const notesInputs = wanted.inputs
    const notesOutputs = wanted.outputs
    this.clear()
    let inputsNoted = 0
    let outputsNoted = 0
    let at = first
    for (let i = 0; i < total; i++) {
      const start = at
      at += VERSION_BYTES
      let count = sizeAt(view, at, end)
      const hasWitness = count === 0
      if (hasWitness) {
        at = behindMarker(view, at, end) | 0
        count = sizeAt(view, at, end)
        if (count === 0) throw malformed('a transaction has no inputs')
      }
      const inputsAt = at
      at += widthOf(count)
      if (count * MIN_INPUT_BYTES > end - at) throw truncated()
      const inputsRoom = inputs.room(notesInputs ? inputsNoted + count : 0)
      for (let j = 0; j < count; j++) {
        if (notesInputs) inputsRoom[inputsNoted++] = at
        at = behindBytes(view, at + OUTPOINT_BYTES, end) + SEQUENCE_BYTES
      }
      const outputCount = sizeAt(view, at, end)
      at += widthOf(outputCount)
      if (outputCount * MIN_OUTPUT_BYTES > end - at) throw truncated()
      const outputsRoom = outputs.room(notesOutputs ? outputsNoted + outputCount : 0)
      for (let j = 0; j < outputCount; j++) {
        if (notesOutputs) outputsRoom[outputsNoted++] = at
        at = behindBytes(view, at + VALUE_BYTES, end)
      }
      const outputsEnd = at
      if (hasWitness) at = behindWitnesses(view, at, end, count) | 0
      at += LOCKTIME_BYTES
      if (at > end) throw truncated()
      const words = layouts.room(i + 1)
      const layout = LAYOUT_WORDS * i
      words[layout] = start - base
      words[layout + 1] = inputsAt - base
      words[layout + 2] = outputsEnd - base
      words[layout + 3] = at - base
    }
    layouts.count = total
    inputs.count = inputsNoted
    outputs.count = outputsNoted
    return at
  }
}

function requireEnd(at: number, end: number): void {
  if (at !== end) throw new ChainError('trailing-bytes', `${end - at} bytes follow after the end`)
}

function behindMarker(view: DataView, marker: number, end: number): number {
  if (end - marker < 2) throw truncated()
  if (view.getUint8(marker + 1) !== 1) throw malformed('a transaction has no inputs, or an unknown marker')
  return marker + 2
}

/**
 * Behind bytes whose length is before them; it may be behind the end. What is seldom called is not compiled with the
 * rest, so that V8 knows only by the `| 0` that it gives an integer: without it, the walk takes a quarter longer.
 */
function behindBytes(view: DataView, at: number, end: number): number {
  if (at >= end) throw truncated()
  const length = view.getUint8(at)
  return length < LONG_SIZE ? at + 1 + length : behindManyBytes(view, at, end) | 0
}

function behindManyBytes(view: DataView, at: number, end: number): number {
  const length = longSizeAt(view, at, end)
  return at + widthOf(length) + length
}

function behindWitnesses(view: DataView, first: number, end: number, inputs: number): number {
  let at = first
  let items = 0
  for (let i = 0; i < inputs; i++) {
    const count = sizeAt(view, at, end)
    at += widthOf(count)
    for (let j = 0; j < count; j++) at = behindBytes(view, at, end)
    items += count
  }
  // bitcoind refuses these too: one transaction would have two serialisations.
  if (items === 0) throw malformed('a transaction is marked to have a witness, and has none')
  return at
}
