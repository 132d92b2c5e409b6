import type { Volatile } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Context, Invariant } from './invariant.ts'

interface Silence {
  readonly life: Volatile
  /** By the world's time. */
  since_ms: number
}

/** Within six periods, and one more: members judge their peers once in each. */
const PERIODS = 7

/**
 * Counted from the crash, or from the last heartbeat that came after it: one may have been on its way for long. Only while the
 * observer runs, its clock does not jump, and it is connected to a majority, itself included.
 */
export const L2: Invariant = {
  name: 'L2',
  sentence: 'a crashed member is flagged within six periods by every honest member connected to a majority',
  watch: (context) => {
    const { members, federation, world } = context
    /** By observer: who is down. */
    const silent = new Map<MemberIndex, Map<MemberIndex, Silence>>()
    const jumps = new Map<MemberIndex, number>()
    const limit_ms = PERIODS * federation.timing.heartbeat_ms

    const begin = (observer: SimMember, down: MemberIndex): void => {
      if (observer.index === down || !observer.state || !context.isHonest(observer.index)) return
      const all = silent.get(observer.index) ?? new Map<MemberIndex, Silence>()
      // Of one that has not been back in between, from the first time on.
      if (all.get(down)?.life === observer.state.volatile) return
      silent.set(observer.index, all.set(down, { life: observer.state.volatile, since_ms: world.now_ms }))
    }
    const beginAll = (observer: SimMember): void => {
      for (const other of members.values()) if (!other.is_up && other.stand_in === null) begin(observer, other.index)
    }
    return {
      onCrash(member) {
        silent.delete(member.index)
        for (const observer of members.values()) begin(observer, member.index)
      },
      // Where its disk takes nothing it dies again before it has said anything: it was down all the time.
      onLeaving(member) {
        for (const all of silent.values()) all.delete(member.index)
      },
      onStep(member, input, output) {
        const { state, index } = member
        if (input.kind === 'start') beginAll(member)
        const mine = silent.get(index)
        if (!state || !mine || mine.size === 0) return
        if (jumps.get(index) !== member.clock_jumps || !isWithMajority(context, index)) {
          jumps.set(index, member.clock_jumps)
          for (const silence of mine.values()) silence.since_ms = world.now_ms
        }
        if (input.kind === 'frame') {
          for (const effect of output.immediate) {
            if (effect.effect !== 'verdict' || effect.kind !== 'heartbeat' || effect.code !== 'accepted') continue
            const silence = mine.get(context.frames.read(input.bytes).head.from)
            if (silence) silence.since_ms = world.now_ms
          }
        }
        for (const [down, { life, since_ms }] of mine) {
          if (life !== state.volatile || members.get(down)?.stand_in) mine.delete(down)
          if (world.now_ms - since_ms <= limit_ms || life !== state.volatile) continue
          mine.delete(down)
          context.due('peer-suspect')
          const told = context.alerts.last(index, 'life', down)
          if (told !== 'peer-suspect' && told !== 'peer-dead') context.fail(`member ${down} has been down for ${PERIODS} periods, and told was ${told}`, index)
        }
      },
    }
  },
}

function isWithMajority({ federation, isConnected }: Context, index: MemberIndex): boolean {
  const others = federation.members.filter((other) => other.index !== index && isConnected(index, other.index)).length
  return others + 1 > federation.members.length / 2
}
