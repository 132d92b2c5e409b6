/** The chain of each member as its bitcoind told it, by height: what an honest heartbeat says of it, whatever its core makes of it. */
import type { BlockRef, Input } from '@belfry/protocol'
import type { BlockHash, MemberIndex } from '@belfry/protocol/primitives'

export type Relation = 'unknown' | 'level' | 'one-behind' | 'behind' | 'beside' | 'ahead'

export interface ToldTip {
  height: number
  readonly hashes: Map<number, BlockHash>
  /** The world's time when it was told of another tip last, and when of a block that was undone. */
  moved_ms: number
  undone_ms: number
}

export class ToldTips {
  readonly #tips = new Map<MemberIndex, ToldTip>()

  get(member: MemberIndex): ToldTip | undefined {
    return this.#tips.get(member)
  }

  begin(member: MemberIndex, recent: readonly BlockRef[], now_ms: number): void {
    const hashes = new Map(recent.map(({ height, hash }) => [height as number, hash]))
    this.#tips.set(member, { height: recent.at(-1)?.height ?? -1, hashes, moved_ms: now_ms, undone_ms: now_ms })
  }

  /** True where it moved. */
  take(member: MemberIndex, input: Input, now_ms: number): boolean {
    const tip = this.#tips.get(member)
    if (tip === undefined || input.kind !== 'chain') return false
    const { event } = input
    if (event.event === 'block-connected') {
      if (tip.hashes.get(event.block.height) === event.block.hash) return false
      tip.hashes.set(event.block.height, event.block.hash)
      tip.height = event.block.height
    } else if (event.event === 'block-disconnected') {
      tip.hashes.delete(event.block.height)
      tip.height = event.block.height - 1
      tip.undone_ms = now_ms
    } else return false
    tip.moved_ms = now_ms
    return true
  }

  /** How the other's tip stands to the observer's chain. Of two tips of one height nothing is said: they may be of one moment. */
  relation(observer: MemberIndex, of: MemberIndex): Relation {
    const [mine, other] = [this.#tips.get(observer), this.#tips.get(of)]
    if (!mine || !other || mine.hashes.size === 0 || other.hashes.size === 0) return 'unknown'
    const behind = mine.height - other.height
    if (behind <= 0) return behind === 0 ? 'level' : 'ahead'
    const here = mine.hashes.get(other.height)
    if (here !== undefined && here !== other.hashes.get(other.height)) return 'beside'
    return behind === 1 ? 'one-behind' : 'behind'
  }
}
