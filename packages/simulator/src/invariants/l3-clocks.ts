/**
 * A clock that is off, a peer's or one's own, is told. Each member's clock is compared with the median of all that the observer knows:
 * whose last SAMPLES heartbeats were hardly under way and came by clocks that did not jump (`clean`), with the observer's own. All others,
 * the liars among them, may be in that median or not, and on either side, so it lies somewhere between two of the clean clocks; a clean
 * clock that is further from both than SKEWED_MS and two ways is told, once that has been so for two periods. Nothing is asked where the
 * clean ones are no majority, or the others could move the median anywhere.
 */
import type { Input } from '@belfry/protocol'
import type { MemberIndex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import { CLEAN_MS } from './heard.ts'
import type { Context, Invariant } from './invariant.ts'

const SAMPLES = 9
const SKEWED_MS = 30_000
const PERIODS = 2.5

interface Clock {
  readonly member: MemberIndex
  readonly at_ms: number
}

export const L3_CLOCKS: Invariant = {
  name: 'L3',
  sentence: 'each of these raises its alert: member skewed',
  watch: (context) => {
    const { federation, world, alerts } = context
    const period_ms = federation.timing.heartbeat_ms
    const next_ms = new Map<MemberIndex, number>()
    /** By observer: since when each has been off. */
    const off = new Map<MemberIndex, Map<MemberIndex, number>>()
    return {
      onStarted: ({ index }) => void off.delete(index),
      onStep(member: SimMember, _input: Input) {
        const { index } = member
        if (world.now_ms < (next_ms.get(index) ?? 0) || member.state === null || !context.isHonest(index)) return
        next_ms.set(index, world.now_ms + period_ms / 2)
        const before = off.get(index)
        const now = new Map(skewedOf(context, member).map((one) => [one, before?.get(one) ?? world.now_ms]))
        off.set(index, now)
        for (const [one, since_ms] of now) {
          if (world.now_ms - since_ms < PERIODS * period_ms) continue
          context.due(one === index ? 'own clock-skewed' : 'clock-skewed')
          const told = alerts.last(index, 'clock', one)
          if (told !== 'clock-skewed') context.fail(`the clock of member ${one} is off, and told was ${told}`, index)
        }
      },
    }
  },
}

function skewedOf(context: Context, observer: SimMember): MemberIndex[] {
  const { members, federation, heard, isHonest } = context
  const clean = [...members.values()].flatMap((member): Clock[] => {
    const { index } = member
    const at_ms = member.now()
    if (at_ms === null || !isHonest(index)) return []
    const isKnown = member === observer || (heard.clean(observer.index, index) >= SAMPLES && heard.since(observer.index, index) !== null)
    return isKnown ? [{ member: index, at_ms }] : []
  })
  const n = federation.members.length
  const others = n - clean.length
  const sorted = clean.map(({ at_ms }) => at_ms).toSorted((a, b) => a - b)
  const [lowest, highest] = [sorted[Math.floor((n - 1) / 2) - others], sorted[Math.ceil((n - 1) / 2)]]
  if (2 * clean.length <= n || lowest === undefined || highest === undefined) return []
  const most_ms = SKEWED_MS + 2 * CLEAN_MS
  return clean.filter(({ at_ms }) => at_ms < lowest - most_ms || at_ms > highest + most_ms).map(({ member }) => member)
}
