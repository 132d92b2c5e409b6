import type { CallOptions } from '@belfry/bitcoind'
import type { BlockHash } from '@belfry/protocol/primitives'
import { MAX_SERIALISED_BYTES } from '../serial/index.ts'
import type { BlockSources, FetchOutcome } from './block-sources.ts'

export interface PipelineOptions extends CallOptions {
  /** Blocks that are here or on their way. Default 8. */
  readonly maxBlocks?: number
  /** What they take; each on its way counts as the longest there is. At least one is always let through. Default 32 MB. */
  readonly maxBytes?: number
  /** Blocks on their way. Default 4: as many connections as the REST client has. */
  readonly atOnce?: number
}

export interface PipelinedBlock {
  readonly hash: BlockHash
  readonly outcome: FetchOutcome
}

const DEFAULT_MAX_BLOCKS = 8
const DEFAULT_MAX_BYTES = 8 * MAX_SERIALISED_BYTES
const DEFAULT_AT_ONCE = 4

/**
 * Fetches blocks ahead while those before are worked on, and yields them in the order of the hashes. Ends with the last
 * hash, and after the first block that could not be had. Whoever leaves the loop (a reorganisation) gives up all that is
 * on its way; so does the signal.
 * @throws BitcoindError aborted, or what the hashes throw
 */
export async function* fetchAhead(
  hashes: AsyncIterable<BlockHash>,
  sources: Pick<BlockSources, 'fetch'>,
  options: PipelineOptions = {},
): AsyncGenerator<PipelinedBlock, void, undefined> {
  const pipeline = new Pipeline(hashes[Symbol.asyncIterator](), sources, options)
  try {
    for (;;) {
      const next = await pipeline.next()
      if (next === null) return
      yield next
      if (next.outcome.kind !== 'block') return
    }
  } finally {
    pipeline.giveUp()
  }
}

interface Slot {
  readonly hash: BlockHash
  readonly outcome: Promise<FetchOutcome>
  /** Null while it is on its way. */
  length: number | null
}

type Step =
  | { readonly kind: 'hash'; readonly result: IteratorResult<BlockHash> }
  | { readonly kind: 'outcome'; readonly outcome: FetchOutcome }
  /** One that is not the next has come: there may be room for another. */
  | { readonly kind: 'room' }

class Pipeline {
  private readonly hashes: AsyncIterator<BlockHash>
  private readonly sources: Pick<BlockSources, 'fetch'>
  private readonly maxBlocks: number
  private readonly maxBytes: number
  private readonly atOnce: number
  private readonly call: CallOptions
  private readonly left = new AbortController()
  /** In the order of the hashes. */
  private readonly slots: Slot[] = []
  /** The next hash, while it is awaited. */
  private pulling: Promise<IteratorResult<BlockHash>> | null = null
  private isLast = false

  constructor(hashes: AsyncIterator<BlockHash>, sources: Pick<BlockSources, 'fetch'>, options: PipelineOptions) {
    const { maxBlocks, maxBytes, atOnce, signal, timeout_ms } = options
    this.hashes = hashes
    this.sources = sources
    this.maxBlocks = maxBlocks ?? DEFAULT_MAX_BLOCKS
    this.maxBytes = maxBytes ?? DEFAULT_MAX_BYTES
    this.atOnce = atOnce ?? DEFAULT_AT_ONCE
    this.call = { timeout_ms, signal: signal === undefined ? this.left.signal : AbortSignal.any([signal, this.left.signal]) }
  }

  /** Null after the last. */
  async next(): Promise<PipelinedBlock | null> {
    for (;;) {
      if (this.pulling === null && !this.isLast && this.hasRoom()) this.pulling = this.hashes.next()
      const [first] = this.slots
      const step = await this.step(first)
      if (step === null) return null
      if (step.kind === 'hash') this.begin(step.result)
      else if (step.kind === 'outcome' && first !== undefined) {
        this.slots.shift()
        return { hash: first.hash, outcome: step.outcome }
      }
    }
  }

  giveUp(): void {
    this.left.abort()
    // The hashes may be awaited just now: their iterator ends when it has its turn.
    this.hashes.return?.().catch(() => undefined)
  }

  /** The next hash comes before the next block, so that there is always something on its way. */
  private async step(first: Slot | undefined): Promise<Step | null> {
    const steps: Promise<Step>[] = []
    if (this.pulling !== null) steps.push(this.pulling.then((result) => ({ kind: 'hash', result })))
    if (first !== undefined) steps.push(first.outcome.then((outcome) => ({ kind: 'outcome', outcome })))
    for (const { length, outcome } of this.slots.slice(1)) {
      if (length === null) steps.push(outcome.then(() => ({ kind: 'room' }), () => ({ kind: 'room' })))
    }
    return steps.length === 0 ? null : Promise.race(steps)
  }

  private hasRoom(): boolean {
    if (this.slots.length === 0) return true
    const underWay = this.slots.filter(({ length }) => length === null).length
    const bytes = this.slots.reduce((sum, { length }) => sum + (length ?? MAX_SERIALISED_BYTES), 0)
    return this.slots.length < this.maxBlocks && underWay < this.atOnce && bytes + MAX_SERIALISED_BYTES <= this.maxBytes
  }

  private begin(result: IteratorResult<BlockHash>): void {
    this.pulling = null
    if (result.done === true) {
      this.isLast = true
      return
    }
    const slot: Slot = { hash: result.value, outcome: this.sources.fetch(result.value, this.call), length: null }
    this.slots.push(slot)
    slot.outcome.then((outcome) => {
      slot.length = outcome.kind === 'block' ? outcome.block.bytes.length : 0
    }, () => {
      // Whoever waits for it is told; one that was given up has nobody waiting.
      slot.length = 0
    })
  }
}
