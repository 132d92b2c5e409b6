import type { Invariant } from './invariant.ts'

export const S10: Invariant = {
  name: 'S10',
  sentence: 'no honest forwarder or sender on a supported version is rejected, also across a lock change',
  watch: (context) => ({
    onImmediate(member, effect) {
      if (effect.effect !== 'verdict' || effect.verdict !== 'reject') return
      if (context.isHonest(member.index) && context.isHonest(effect.peer)) {
        context.fail(`a ${effect.kind} from member ${effect.peer} was rejected: ${effect.code}`, member.index)
      }
    },
  }),
}
