import { type BroadcastAnswer, answerOfError, answerOfPackage } from '../answers.ts'
import type { CallOptions } from '../rpc/index.ts'
import type { TransactionQueries } from './transactions.ts'

/** What is asked of bitcoind in an incident. None throws for an answer or for a failure to get one. */
export interface Broadcasting {
  /** `accepted` too when the mempool holds it already: bitcoind then offers it to its peers again. */
  broadcast(transaction: Uint8Array, options?: CallOptions): Promise<BroadcastAnswer>
  /** Parent first, for when it pays too little alone. The answer is about the child. */
  broadcastPackage(transactions: readonly Uint8Array[], options?: CallOptions): Promise<BroadcastAnswer>
  /** As broadcast or broadcastPackage would answer, without sending anything. Each may spend those before it. */
  testAccept(transactions: readonly Uint8Array[], options?: CallOptions): Promise<BroadcastAnswer>
}

export function createBroadcasting(queries: TransactionQueries): Broadcasting {
  return {
    async broadcast(transaction, options) {
      try {
        await queries.sendRawTransaction(transaction, options)
        return { kind: 'accepted' }
      } catch (error) {
        return answerOfError(error)
      }
    },

    async broadcastPackage(transactions, options) {
      try {
        const { message, transactions: results } = await queries.submitPackage(transactions, options)
        return answerOfPackage(message, results.map(({ error }) => error))
      } catch (error) {
        return answerOfError(error)
      }
    },

    async testAccept(transactions, options) {
      try {
        const acceptances = await queries.testMempoolAccept(transactions, options)
        const packageError = acceptances.find((one) => one.packageError !== null)?.packageError ?? null
        const verdicts = acceptances.map(({ allowed, rejectReason }) =>
          allowed === true ? null : rejectReason ?? undefined)
        return answerOfPackage(packageError, verdicts)
      } catch (error) {
        return answerOfError(error)
      }
    },
  }
}
