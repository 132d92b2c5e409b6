import { type Bitcoind, BitcoindError, type BlockHeader, type CallOptions } from '@belfry/bitcoind'
import type { BlockRef } from '@belfry/protocol'
import type { BlockHash, Height } from '@belfry/protocol/primitives'
import type { ChainCounters } from '../counters.ts'
import { ChainError } from '../errors.ts'
import { type BlockBytes, readBlock } from '../serial/index.ts'
import { type AnnouncedBlocks, type BlockSources, fetchAhead, hashesAt, type NotThere, type SourcedBlock } from '../sources/index.ts'
import type { ChainView } from './chain-view.ts'
import type { UnseenBlocks } from './unseen-blocks.ts'

export interface FollowerModules {
  readonly bitcoind: Bitcoind
  readonly view: ChainView
  readonly announced: AnnouncedBlocks
  readonly sources: BlockSources
  readonly unseen: UnseenBlocks
  readonly counters: ChainCounters
  /** For every question to bitcoind. */
  readonly call: CallOptions
  /** Whether bitcoind is on the chain that it should be on: asked before a branch that it does not know is given up. */
  readonly isRightChain: () => Promise<boolean>
}

export type CatchUp =
  /** The last block told is bitcoind's best. */
  | 'at-tip'
  /** Not yet: go on at once. */
  | 'more'
  /** bitcoind itself is on its way to what is told already: look again later. */
  | 'bitcoind-behind'

/** How many blocks are told before others (health, a stop) get their turn. */
const MAX_STEPS_AT_ONCE = 100
/** Of bitcoind's chain, at the first look: more than it loses in a crash. */
const REMEMBERED_BLOCKS = 500

/** Leads the view of the chain to bitcoind's best block, from wherever it is. */
export class Follower {
  private readonly bitcoind: Bitcoind
  private readonly view: ChainView
  private readonly announced: AnnouncedBlocks
  private readonly sources: BlockSources
  private readonly unseen: UnseenBlocks
  private readonly counters: ChainCounters
  private readonly call: CallOptions
  private readonly isRightChain: () => Promise<boolean>
  private hasLearnt = false

  constructor(modules: FollowerModules) {
    this.bitcoind = modules.bitcoind
    this.view = modules.view
    this.announced = modules.announced
    this.sources = modules.sources
    this.unseen = modules.unseen
    this.counters = modules.counters
    this.call = modules.call
    this.isRightChain = modules.isRightChain
  }

  /** @throws BitcoindError, ChainError */
  async catchUp(): Promise<CatchUp> {
    if (this.view.tip === null && !await this.begin()) return 'bitcoind-behind'
    for (let steps = 0; steps < MAX_STEPS_AT_ONCE; steps++) {
      const { tip } = this.view
      const best = await this.bitcoind.getBestBlockHash(this.call)
      if (tip === null || best === tip.hash) {
        await this.view.settle()
        await this.unseen.lookForSpent()
        if (!this.hasLearnt) await this.learnBefore()
        this.hasLearnt = true
        return 'at-tip'
      }
      if (!await this.step(tip, best)) return 'bitcoind-behind'
    }
    return 'more'
  }

  /**
   * A block that bitcoind announced with all its bytes: saves asking for it.
   * @returns whether it was the next one, and is told now
   * @throws ChainError truncated, malformed, trailing-bytes
   */
  async offer(bytes: Uint8Array): Promise<boolean> {
    const block = this.announced.keep(bytes)
    // One that was given up may be announced late: whether it is back is asked for.
    if (this.view.tip?.hash !== block.previous || this.view.wasGivenUp(block.hash)) return false
    return await this.connect({ ...block, source: 'zmq' })
  }

  /**
   * Without a position: just before bitcoind's best block, so that this one is told, and the tip is known to all.
   * @returns false before bitcoind has the chain: to tell block by block how it comes by it helps nobody
   */
  private async begin(): Promise<boolean> {
    const { initialBlockDownload, bestBlockHash } = await this.bitcoind.getBlockchainInfo(this.call)
    if (initialBlockDownload) return false
    const header = await this.bitcoind.getBlockHeader(bestBlockHash, this.call)
    if (header === null) throw new BitcoindError('malformed-answer', 'bitcoind does not know its own best block')
    const { hash, height, previousBlockHash: previous } = header
    await this.view.begin(previous === null ? { hash, height } : { hash: previous, height: height - 1 as Height })
    return true
  }

  /** One block on or back, or none when the tip changes meanwhile. @returns false when bitcoind must come on first */
  private async step(tip: BlockRef, best: BlockHash): Promise<boolean> {
    const header = await this.bitcoind.getBlockHeader(tip.hash, this.call)
    if (header === null) return this.leaveUnknown(tip)
    if (header.confirmations < 0) return this.leaveInactive(tip, header, best)
    if (header.nextBlockHash !== null) await this.goOn(tip, header.nextBlockHash, best)
    return true
  }

  /** The tip is on a branch that bitcoind knows and does not follow. */
  private async leaveInactive(tip: BlockRef, header: BlockHeader, best: BlockHash): Promise<boolean> {
    const bestHeader = await this.bitcoind.getBlockHeader(best, this.call)
    if (bestHeader === null) return true
    // Less work than it had: after a crash or a reindex it comes back to where it was, and nothing is undone by that;
    // else the branch was found invalid. Chainwork is written with a fixed number of digits.
    if (bestHeader.chainwork < header.chainwork && await this.hasHigherBranch(bestHeader.height)) return false
    if (header.previousBlockHash === null) throw new ChainError('no-common-block', 'bitcoind has another genesis block')
    await this.view.disconnect(tip, header.previousBlockHash)
    return true
  }

  /** bitcoind has other data, or another chain, than when the tip was told. */
  private async leaveUnknown(tip: BlockRef): Promise<boolean> {
    if (!await this.isRightChain()) return false
    const info = await this.bitcoind.getBlockchainInfo(this.call)
    // It has lost its last blocks in a crash, or fetches all anew, and will come to this one: that undoes nothing.
    if (this.view.mayLeadHere({ height: info.blocks, hash: info.bestBlockHash })) return false
    const { beforeTip } = this.view
    // Before anything is undone that cannot be followed to its end.
    if (beforeTip === null || !await this.hasCommonBlock(info.blocks)) {
      throw new ChainError('no-common-block', `bitcoind knows no block that was followed, up to ${tip.height}`)
    }
    await this.view.disconnect(tip, beforeTip.hash)
    return true
  }

  private async hasCommonBlock(best: Height): Promise<boolean> {
    const remembered = this.view.remembered().filter(({ height }) => height <= best)
    const hashes = await hashesAt(this.bitcoind, remembered.map(({ height }) => height), this.call)
    return remembered.some(({ hash }, i) => hashes[i] === hash)
  }

  /** Learns the blocks before the oldest that is known here, from a bitcoind that has it in its chain. */
  private async learnBefore(): Promise<void> {
    const [oldest] = this.view.remembered()
    if (oldest === undefined || this.view.remembered().length >= REMEMBERED_BLOCKS) return
    const lowest = Math.max(0, oldest.height - REMEMBERED_BLOCKS)
    const heights = Array.from({ length: oldest.height - lowest + 1 }, (_, i) => lowest + i as Height)
    const hashes = await hashesAt(this.bitcoind, heights, this.call)
    // The chain may change between the answers; below a block that is in it at the end, it has not.
    if (await this.bitcoind.getBlockHash(oldest.height, this.call) !== oldest.hash) return
    this.view.remember(heights.flatMap((height, i) => {
      const hash = hashes[i] ?? null
      return hash === null || height === oldest.height ? [] : [{ height, hash }]
    }))
  }

  /** Whether bitcoind knows a branch, not found invalid, that goes higher than its best block. */
  private async hasHigherBranch(height: number): Promise<boolean> {
    const tips = await this.bitcoind.rpc.call('getchaintips', [], this.call)
    if (!Array.isArray(tips)) throw new BitcoindError('malformed-answer', 'the answer to getchaintips is no list')
    return tips.some((tip: unknown) => isObject(tip) && tip['status'] !== 'invalid' && Number(tip['height']) > height)
  }

  /** By as many blocks as are told at a stretch, fetched ahead: none where bitcoind does not know them any more. */
  private async goOn(tip: BlockRef, next: BlockHash, best: BlockHash): Promise<void> {
    const hashes = next === best ? [next] : await this.hashesAfter(tip, next)
    for await (const { hash, outcome } of fetchAhead(inTurn(hashes), this.sources, this.call)) {
      if (outcome.kind === 'not-now') throw outcome.error
      if (outcome.kind === 'block' ? !await this.connect(outcome.block) : !await this.goOnWithout(hash, outcome.reason)) return
    }
  }

  /** @returns whether it was the next one, and is told now */
  private async connect(block: SourcedBlock): Promise<boolean> {
    try {
      if (!await this.view.connect(block)) return false
    } catch (error) {
      if (error instanceof ChainError && error.code !== 'stopped') this.sources.reject(block)
      throw error
    }
    if (block.source === 'zmq') this.counters.blocks_by_zmq += 1
    else this.counters.blocks_by_fetch += 1
    return true
  }

  private async hashesAfter({ height }: BlockRef, next: BlockHash): Promise<BlockHash[]> {
    const heights = Array.from({ length: MAX_STEPS_AT_ONCE }, (_, i) => height + 1 + i as Height)
    const hashes = await hashesAt(this.bitcoind, heights, this.call)
    const end = hashes.indexOf(null)
    const known = hashes.slice(0, end < 0 ? undefined : end).flatMap((hash) => hash ?? [])
    return known[0] === next ? known : [next]
  }

  /** @returns whether it is told now, without what it holds */
  private async goOnWithout(hash: BlockHash, reason: NotThere): Promise<boolean> {
    if (reason !== 'not-stored') return false
    if (await this.goOnUnseen(hash)) return true
    throw new ChainError('block-missing', 'bitcoind does not have the next block')
  }

  /** By a block that bitcoind has pruned: there is nothing to wait for. @returns false where it is not pruned */
  private async goOnUnseen(hash: BlockHash): Promise<boolean> {
    const { tip } = this.view
    const { pruneHeight } = await this.bitcoind.getBlockchainInfo(this.call)
    if (tip === null || pruneHeight === null || tip.height + 1 >= pruneHeight) return false
    const header = await this.bitcoind.getBlockHeaderBytes(hash, this.call)
    if (header === null) return true
    const block = requireHash(readBlock(header), hash)
    if (await this.view.connectUnseen(block)) this.unseen.add({ height: tip.height + 1 as Height, hash })
    return true
  }
}

async function* inTurn<T>(items: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* items
}

function requireHash(block: BlockBytes, hash: BlockHash): BlockBytes {
  if (block.hash !== hash) throw new ChainError('wrong-block', 'bitcoind gave another block than was asked for')
  return block
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
