import { type MemberIndex, equalBytes } from '@belfry/protocol/primitives'
import type { Invariant } from './invariant.ts'
import { slotOf } from './slots.ts'

export const S3: Invariant = {
  name: 'S3',
  sentence:
    'no honest member signs two payloads for one slot, across restarts, unless its disk was rolled back and no reachable ' +
    'peer held the newer message',
  watch: (context) => {
    const signed = new Map<MemberIndex, Map<string, Uint8Array>>()
    return {
      onLeaving(member, effect) {
        if (!context.isHonest(member.index) || context.mayContradict(member.index) || (effect.effect !== 'gossip' && effect.effect !== 'send')) return
        const read = context.frames.read(effect.bytes)
        const slot = slotOf(read)
        if (read.head.from !== member.index || slot === null) return
        const mine = signed.get(member.index) ?? new Map<string, Uint8Array>()
        signed.set(member.index, mine)
        const before = mine.get(slot)
        if (before === undefined) mine.set(slot, read.frame.signed)
        else if (!equalBytes(before, read.frame.signed)) context.fail(`two payloads left for ${slot}`, member.index)
      },
    }
  },
}
