import type { BelfryCore, Volatile } from '@belfry/protocol'
import type { PlantedBug } from './planted-bug.ts'

type Heard = Volatile & { readonly heard: Map<number, Uint8Array> }

export const unboundedMap: PlantedBug = {
  name: 'unbounded-map',
  what: 'a map that nobody thought of keeps every message that comes',
  caught_by: ['S9'],
  within_seeds: 3,
  core: (core): BelfryCore => ({
    ...core,
    restore(from) {
      const state = core.restore(from)
      Object.assign(state.volatile, { heard: new Map() })
      return state
    },
    step(state, input) {
      const { heard } = state.volatile as Heard
      if (input.kind === 'frame') heard.set(heard.size, input.bytes)
      return core.step(state, input)
    },
  }),
}
