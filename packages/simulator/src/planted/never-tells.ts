/** One bug for each alert: the core does all else that it does, and its operator is never told. */
import { type BelfryCore, type TellEvent, decodeFrame, decodeHeader } from '@belfry/protocol'
import { equivocate } from '../adversary/lies.ts'
import type { Vigil } from '../run/mishaps/vigil.ts'
import type { Plan } from '../run/plan.ts'
import { changeOf } from '../run/succession.ts'
import { type PlantedBug, withLiar } from './planted-bug.ts'

interface Untold {
  readonly of: string
  readonly events: readonly TellEvent[]
  readonly within_seeds: number
  readonly shown_in: (plan: Plan) => boolean
  readonly caught_by?: readonly string[]
}

function neverTells({ of, events, within_seeds, shown_in, caught_by = ['L3'] }: Untold): PlantedBug {
  return {
    name: `never-tells-${of}`,
    what: `nobody is told ${events.join(' or ')}`,
    caught_by,
    within_seeds,
    shown_in,
    core: (core): BelfryCore => ({
      ...core,
      step(state, input) {
        const output = core.step(state, input)
        return { ...output, immediate: output.immediate.filter((effect) => effect.effect !== 'tell' || !events.includes(effect.tell.event)) }
      },
    }),
  }
}

export function inVigil(...vigils: readonly Vigil[]): (plan: Plan) => boolean {
  return ({ swarm }) => swarm.vigils !== null && vigils.includes(swarm.vigils)
}

function withRivals(plan: Plan): boolean {
  return changeOf(plan) !== null && plan.swarm['rival-locks'] !== null && plan.members > 3
}

const UNTOLD: readonly Untold[] = [
  { of: 'silence', events: ['peer-suspect', 'peer-dead'], within_seeds: 3, shown_in: inVigil('full-disk'), caught_by: ['L2'] },
  { of: 'dead', events: ['peer-dead'], within_seeds: 3, shown_in: inVigil('full-disk') },
  { of: 'lagging', events: ['tip-lagging'], within_seeds: 3, shown_in: inVigil('stuck') },
  { of: 'stuck', events: ['tip-stuck'], within_seeds: 3, shown_in: inVigil('stuck') },
  { of: 'forked', events: ['tip-forked'], within_seeds: 3, shown_in: inVigil('eclipsed') },
  { of: 'eclipse', events: ['eclipse-suspected'], within_seeds: 6, shown_in: inVigil('eclipsed', 'stuck') },
  { of: 'skew', events: ['clock-skewed'], within_seeds: 8, shown_in: ({ swarm, members }) => swarm['clock-offset'] >= 3_600_000 && members >= 5 },
  { of: 'versions', events: ['peer-incompatible'], within_seeds: 14, shown_in: ({ swarm }) => swarm['other-versions'] !== null },
  { of: 'duplicates', events: ['duplicate-instance'], within_seeds: 3, shown_in: inVigil('second-instance') },
  { of: 'second-instance', events: ['second-instance'], within_seeds: 3, shown_in: inVigil('second-instance') },
  { of: 'quarantine', events: ['quarantined'], within_seeds: 3, shown_in: inVigil('second-instance') },
  { of: 'unprotected', events: ['vault-unprotected'], within_seeds: 3, shown_in: inVigil('half-enrolled') },
  { of: 'ladder', events: ['ladder-under-market'], within_seeds: 6, shown_in: ({ is_dear }) => is_dear },
  { of: 'bitcoind', events: ['chain-state'], within_seeds: 4, shown_in: ({ swarm }) => swarm.outages !== null },
  { of: 'evidence', events: ['evidence'], within_seeds: 4, shown_in: withLiar(equivocate) },
  { of: 'successor', events: ['successor-unknown'], within_seeds: 7, shown_in: (plan) => changeOf(plan) !== null },
  { of: 'rival', events: ['successor-differs'], within_seeds: 9, shown_in: withRivals },
]

export const NEVER_TELLS: readonly PlantedBug[] = UNTOLD.map((untold) => neverTells(untold))

export const neverAsksForHeaders: PlantedBug = {
  name: 'never-asks-for-headers',
  what: 'nobody is asked for the way to a tip that is not in the own chain',
  caught_by: ['L3'],
  within_seeds: 3,
  shown_in: inVigil('eclipsed', 'stuck'),
  core: (core): BelfryCore => ({
    ...core,
    step(state, input) {
      const output = core.step(state, input)
      const isAsking = (bytes: Uint8Array): boolean => decodeHeader(decodeFrame(bytes).signed).kind === 'headers-wanted'
      return { ...output, afterDurable: output.afterDurable.filter((effect) => effect.effect !== 'send' || !isAsking(effect.bytes)) }
    },
  }),
}
