import type { BelfryCore } from '@belfry/protocol'
import type { PlantedBug } from './planted-bug.ts'

export const adoptedForgotten: PlantedBug = {
  name: 'adopted-forgotten',
  what: 'an adoption ends a quarantine, and what was adopted is not remembered',
  caught_by: ['adopted', 'S3'],
  within_seeds: 38,
  // Somebody's disk is put back, and his operator comes.
  shown_in: ({ swarm, wayward }) => swarm.adoptions !== null && wayward.size > 0 && (swarm.restores !== null || swarm['old-disks'] !== null),
  core: (core): BelfryCore => ({
    ...core,
    apply: (state, record) => core.apply(state, record.record === 'adopted' ? { ...record, signed: [], beside: [] } : record),
  }),
}
