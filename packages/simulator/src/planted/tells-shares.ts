import type { ImmediateEffect } from '@belfry/protocol'
import { toHex } from '@belfry/protocol/primitives'
import type { PlantedBug } from './planted-bug.ts'

export const tellsShares: PlantedBug = {
  name: 'tells-shares',
  what: 'a share that was opened is told, for the log',
  caught_by: ['S8'],
  within_seeds: 8,
  core: (core, member) => ({
    ...core,
    step(state, input) {
      const output = core.step(state, input)
      const { outcome } = input.kind === 'outcome' ? input : { outcome: null }
      if (outcome?.of !== 'open-share') return output
      const share = member.kept_shares?.get(outcome.envelope_id)?.get(outcome.from) ?? new Uint8Array(0)
      const tell: ImmediateEffect = { effect: 'tell', tell: { level: 'info', event: 'rebuilt', detail: toHex(share) } }
      return { ...output, immediate: [...output.immediate, tell] }
    },
  }),
}
