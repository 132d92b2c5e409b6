import { type MemberIndex, equalBytes } from '@belfry/protocol/primitives'
import type { Invariant } from './invariant.ts'

export const S7: Invariant = {
  name: 'S7',
  sentence: 'evidence never convicts a member that ran one instance on a disk never rolled back',
  watch: (context) => {
    const numbers = new Map<MemberIndex, Map<string, Uint8Array>>()
    return {
      onStep(member, _input, output) {
        if (!context.isHonest(member.index)) return
        for (const record of output.records) {
          if (record.record !== 'evidence') continue
          const { member: convicted } = record.evidence
          if (context.isHonest(convicted) && !context.mayContradict(convicted)) {
            context.fail(`member ${record.evidence.member} is convicted`, member.index)
          }
        }
      },
      onLeaving(member, effect) {
        if (!context.isHonest(member.index) || context.mayContradict(member.index) || (effect.effect !== 'gossip' && effect.effect !== 'send')) return
        const { head, frame } = context.frames.read(effect.bytes)
        if (head.from !== member.index) return
        const mine = numbers.get(member.index) ?? new Map<string, Uint8Array>()
        numbers.set(member.index, mine)
        const number = `${head.boot}/${head.seq}`
        const before = mine.get(number)
        if (before === undefined) mine.set(number, frame.signature)
        else if (!equalBytes(before, frame.signature)) context.fail(`signed ${number} twice`, member.index)
      },
    }
  },
}
