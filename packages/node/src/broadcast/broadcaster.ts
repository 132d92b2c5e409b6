/** Submits rebuilt recovery transactions to this member's own bitcoind. */
import type { Bitcoind } from '@belfry/bitcoind'
import type { BroadcastAnswer, DurableEffect } from '@belfry/protocol'
import type { TransactionKeeper } from '../custody/transaction-keeper.ts'

type Broadcast = Extract<DurableEffect, { effect: 'broadcast' }>

export interface Submitted {
  readonly answer: BroadcastAnswer
  /** bitcoind's own words where it refused, for the log. */
  readonly reason: string | null
}

export class Broadcaster {
  readonly #bitcoind: Bitcoind
  readonly #transactions: TransactionKeeper

  constructor(modules: { bitcoind: Bitcoind; transactions: TransactionKeeper }) {
    this.#bitcoind = modules.bitcoind
    this.#transactions = modules.transactions
  }

  /**
   * Alone, or with its unconfirmed parent as a package: with a full mempool the parent alone may fail where the package
   * passes. From here on the transaction is public, so that its hex may stand in ordinary memory.
   */
  async submit({ envelope_id, parent }: Broadcast): Promise<Submitted> {
    const transaction = this.#transactions.get(envelope_id)
    if (!transaction) return { answer: 'unreachable', reason: 'not rebuilt in this process' }
    const answer = await transaction.use((bytes) =>
      parent ? this.#bitcoind.broadcastPackage([parent, bytes]) : this.#bitcoind.broadcast(bytes),
    )
    return { answer: answer.kind, reason: 'reason' in answer ? answer.reason : null }
  }
}
