import type { DurableEffect } from '@belfry/protocol'
import type { Invariant } from './invariant.ts'

export const S5: Invariant = {
  name: 'S5',
  sentence: 'no effect before its record is synced',
  watch: (context) => {
    const needs = new WeakMap<DurableEffect, number>()
    return {
      onStep(_member, _input, output, index) {
        for (const effect of output.afterDurable) needs.set(effect, index)
      },
      onLeaving(member, effect) {
        const needed = needs.get(effect) ?? Number.POSITIVE_INFINITY
        const { synced_index } = member.disk
        if (context.isHonest(member.index) && synced_index < needed) {
          context.fail(`${effect.effect} of record ${needed} left when the disk held ${synced_index}`, member.index)
        }
      },
    }
  },
}
