/** The payments that each followed coin leads to, and the blocks in which coins were spent: what is not in the coins' own state. */
import type { BlockRef } from '@belfry/protocol'
import type { Outpoint, Sats, Txid } from '@belfry/protocol/primitives'

export interface FollowedPayment {
  readonly vout: number
  readonly script: Uint8Array
  readonly value: Sats
}

export interface Followed {
  readonly txid: Txid
  readonly payments: readonly FollowedPayment[]
}

/** As deep as the core calls settled. */
export const BURIED_DEPTH = 100

/** Coins by the height at which they were spent last. */
export class BurialCalendar {
  private readonly byHeight = new Map<number, Set<Outpoint>>()

  note(outpoint: Outpoint, { height }: BlockRef): void {
    const others = this.byHeight.get(height)
    if (others === undefined) this.byHeight.set(height, new Set([outpoint]))
    else others.add(outpoint)
  }

  /**
   * Those spent deep enough below the tip, each once: whether that still stands is for the caller to see.
   * @param keep what was spent at this height and above may be found anew; null: nothing
   */
  take(tip: BlockRef, keep: number | null): Outpoint[] {
    const due: Outpoint[] = []
    for (const [height, outpoints] of this.byHeight) {
      if (height > tip.height - BURIED_DEPTH || (keep !== null && height >= keep)) continue
      due.push(...outpoints)
      this.byHeight.delete(height)
    }
    return due
  }
}
