import type { Txid } from '@belfry/protocol/primitives'

/**
 * The last of very many txids: at least `limit` of them, and at most twice as many. A Map that lets its oldest entry go at
 * each new one would do, but V8 passes over all that went before to find the oldest: five microseconds, thousands of times
 * a second.
 */
export class RecentTxids {
  private readonly limit: number
  private newer = new Set<Txid>()
  private older: Set<Txid> = new Set()

  constructor(limit: number) {
    this.limit = limit
  }

  add(txid: Txid): void {
    if (this.newer.size >= this.limit) {
      this.older = this.newer
      this.newer = new Set()
    }
    this.newer.add(txid)
  }

  /** @returns whether it was there */
  delete(txid: Txid): boolean {
    const wasNewer = this.newer.delete(txid)
    return this.older.delete(txid) || wasNewer
  }
}
