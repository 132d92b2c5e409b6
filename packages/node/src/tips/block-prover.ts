import { type Bitcoind, BitcoindError } from '@belfry/bitcoind'
import { sha256 } from '@belfry/keystore'
import { type BlockRef, type Federation, proofAnswers } from '@belfry/protocol'
import type { Hash32, MemberIndex } from '@belfry/protocol/primitives'
import { BlockSources, createRestSource, createRpcSource } from '../chain/index.ts'

/** What each member must answer of a block, from my bitcoind's own bytes of it. */
export class BlockProver {
  readonly #federation: Pick<Federation, 'lock_hash'>
  readonly #sources: BlockSources

  constructor(federation: Pick<Federation, 'lock_hash'>, bitcoind: Pick<Bitcoind, 'getBlockOverRest' | 'getBlockOverRpc'>) {
    this.#federation = federation
    this.#sources = new BlockSources([createRestSource(bitcoind), createRpcSource(bitcoind)])
  }

  /** In the order of the members; null where bitcoind does not have the block, or does not answer. */
  async answers(block: BlockRef, members: readonly MemberIndex[]): Promise<readonly Hash32[] | null> {
    try {
      const fetched = await this.#sources.fetch(block.hash)
      if (fetched.kind !== 'block') return null
      return proofAnswers({ sha256 }, { lock_hash: this.#federation.lock_hash, block: block.hash }, members, fetched.block.bytes)
    } catch (error) {
      if (error instanceof BitcoindError) return null
      throw error
    }
  }
}
