import type { Millis } from '@belfry/protocol/primitives'
import type { PlantedBug } from './planted-bug.ts'

export const bootNotDurable: PlantedBug = {
  name: 'boot-not-durable',
  what: 'a member that starts again counts its messages from the beginning under the same boot number',
  caught_by: ['sound', 'S6', 'S7'],
  within_seeds: 12,
  core: (core) => ({
    ...core,
    // From the log already: or the signer, which keeps the number by itself, would end the process.
    restore: (from) => core.restore(from && { ...from, boot: 0 }),
    // Nor does a clock say that time has passed.
    step: (state, input) => core.step(state, state.volatile.started_at === null ? { ...input, at_ms: 0 as Millis } : input),
  }),
}
