import { BitcoindError, type CallOptions } from '@belfry/bitcoind'
import type { BlockHash } from '@belfry/protocol/primitives'
import { ChainError } from '../errors.ts'
import { type BlockBytes, readBlock } from '../serial/index.ts'
import type { BlockOutcome, BlockSource, BlockSourceName, NotThere } from './block-source.ts'

/** The bytes hash to what was asked for. */
export interface SourcedBlock extends BlockBytes {
  readonly source: BlockSourceName
}

export type FetchOutcome =
  | { readonly kind: 'block'; readonly block: SourcedBlock }
  /** Said by the last of the sources. */
  | { readonly kind: 'not-there'; readonly reason: NotThere }
  /** Why the last of the sources could not tell. */
  | { readonly kind: 'not-now'; readonly error: BitcoindError | ChainError }

/** Since the start, for metrics. */
export interface SourceCounters {
  blocks: number
  bytes: number
  /** It did not have what it was asked for. */
  absent: number
  /** It could not answer. */
  failures: number
  /** It gave another block, or one that cannot be read. */
  wrong: number
}

export interface BlockSourcesModules {
  /** Milliseconds that only go forward. Default performance.now. */
  readonly now?: () => number
}

/** What a source that is off costs is one question each time. */
const FIRST_REST_MS = 10_000
/** One that hangs costs a timeout each time. */
const LONGEST_REST_MS = 300_000

/** The ways to come by a block, the best first; each that fails gives way to the next. */
export class BlockSources {
  private readonly states: readonly SourceState[]
  private readonly now: () => number

  constructor(sources: readonly BlockSource[], modules: BlockSourcesModules = {}) {
    this.states = sources.map((source) => new SourceState(source))
    this.now = modules.now ?? ((): number => performance.now())
  }

  /**
   * A source that lacks, fails, or gives another block is passed over for this block. One that has all blocks, and
   * lacked what another had, rests for a while before it is asked again.
   * @param options the time is for each source
   * @throws BitcoindError aborted
   */
  async fetch(hash: BlockHash, options: CallOptions = {}): Promise<FetchOutcome> {
    const passedOver: SourceState[] = []
    let last: FetchOutcome = { kind: 'not-there', reason: 'unsaid' }
    for (const state of this.states) {
      if (state.restsUntil_ms > this.now()) continue
      if (options.signal?.aborted === true) throw new BitcoindError('aborted', 'the block is not wanted any more')
      const outcome = state.check(hash, await state.source.fetch(hash, options))
      if (outcome.kind === 'block') {
        for (const one of passedOver) one.rest(this.now())
        return outcome
      }
      if (state.source.isComplete) passedOver.push(state)
      last = outcome
    }
    return last
  }

  /** Its bytes cannot be read, although their header is right: next time another source is asked. */
  reject({ hash, source }: SourcedBlock): void {
    const state = this.states.find((one) => one.source.name === source)
    if (state === undefined) return
    state.counters.wrong += 1
    state.source.forget?.(hash)
    if (state.source.isComplete && state !== this.states.at(-1)) state.rest(this.now())
  }

  /** By the source's name. */
  counters(): Readonly<Partial<Record<BlockSourceName, Readonly<SourceCounters>>>> {
    return Object.fromEntries(this.states.map(({ source, counters }) => [source.name, counters]))
  }
}

class SourceState {
  readonly source: BlockSource
  readonly counters: SourceCounters = { blocks: 0, bytes: 0, absent: 0, failures: 0, wrong: 0 }
  restsUntil_ms = -Infinity
  /** How long it rests the next time. */
  private nextRest_ms = FIRST_REST_MS

  constructor(source: BlockSource) {
    this.source = source
  }

  check(hash: BlockHash, outcome: BlockOutcome): FetchOutcome {
    switch (outcome.kind) {
      case 'block':
        return this.checkBlock(hash, outcome.bytes)
      case 'not-there':
        this.counters.absent += 1
        return outcome
      case 'not-now':
        this.counters.failures += 1
        return outcome
    }
  }

  /** Those asked for ahead may fail together: that is one failure. */
  rest(now_ms: number): void {
    if (this.restsUntil_ms > now_ms) return
    this.restsUntil_ms = now_ms + this.nextRest_ms
    this.nextRest_ms = Math.min(2 * this.nextRest_ms, LONGEST_REST_MS)
  }

  private checkBlock(hash: BlockHash, bytes: Uint8Array): FetchOutcome {
    const block = blockOf(bytes)
    if (block?.hash !== hash) {
      this.counters.wrong += 1
      return { kind: 'not-now', error: new ChainError('wrong-block', 'bitcoind gave another block than was asked for') }
    }
    this.counters.blocks += 1
    this.counters.bytes += bytes.length
    this.nextRest_ms = FIRST_REST_MS
    return { kind: 'block', block: { ...block, source: this.source.name } }
  }
}

/** Null where there is not even a header. */
function blockOf(bytes: Uint8Array): BlockBytes | null {
  try {
    return readBlock(bytes)
  } catch (error) {
    if (!(error instanceof ChainError)) throw error
    return null
  }
}
