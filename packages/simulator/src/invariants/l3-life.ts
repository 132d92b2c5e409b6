/**
 * A member that is down is told to be dead by every honest member that is in a position to know: of which nothing has come for
 * DEAD_PERIODS, and which has heard, and was heard by, more than half of all and more than b honest ones (itself among them) without a
 * break for twice as long, none of which has had anything of the dead one for all the time that makes it silent. That it is suspect,
 * L2 asks of whoever is connected to a majority.
 */
import type { Input } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { Context, Invariant } from './invariant.ts'

const SUSPECT_PERIODS = 3
const DEAD_PERIODS = 6
/** The others' word of it takes a period, and the judging another; and a little. */
const SLACK_PERIODS = 3
const STEADY_PERIODS = 2 * DEAD_PERIODS

export const L3_LIFE: Invariant = {
  name: 'L3',
  sentence: 'each of these raises its alert: member dead',
  watch: (context) => {
    const { members, federation, world } = context
    const period_ms = federation.timing.heartbeat_ms
    const down = new Set<MemberIndex>()
    const next_ms = new Map<MemberIndex, number>()
    return {
      onCrash: ({ index }) => void down.add(index),
      // Where nothing can be written, it dies again before it has said anything.
      onLeaving: ({ index }) => void down.delete(index),
      onStep({ index, state }: SimMember, _input: Input) {
        if (down.size === 0 || world.now_ms < (next_ms.get(index) ?? 0) || state === null || !context.isHonest(index)) return
        next_ms.set(index, world.now_ms + period_ms)
        for (const dead of down) {
          if (dead === index || members.get(dead)?.stand_in || !mustKnow(context, index, dead)) continue
          context.due('peer-dead')
          const told = context.alerts.last(index, 'life', dead)
          if (told !== 'peer-dead') context.fail(`member ${dead} has been down for long, and told was ${told}`, index)
        }
      },
    }
  },
}

function mustKnow({ members, federation, world, heard, isHonest }: Context, observer: MemberIndex, dead: MemberIndex): boolean {
  const period_ms = federation.timing.heartbeat_ms
  const before = (time_ms: number | null, periods: number): boolean => time_ms !== null && time_ms <= world.now_ms - periods * period_ms
  // Who never heard it in this life is silent about it from its start on: that is as long ago as it hears anybody.
  const hasNothingFor = (member: MemberIndex, periods: number): boolean => before(heard.last(member, dead) ?? 0, periods)
  const steady = [...members.keys()].filter(
    (other) =>
      other !== observer &&
      other !== dead &&
      isHonest(other) &&
      before(heard.since(observer, other), STEADY_PERIODS) &&
      before(heard.since(other, observer), STEADY_PERIODS) &&
      hasNothingFor(other, SUSPECT_PERIODS + SLACK_PERIODS),
  )
  const knowing = steady.length + 1
  return knowing > federation.b && 2 * knowing > federation.members.length && hasNothingFor(observer, DEAD_PERIODS + SLACK_PERIODS)
}
