import type { PlantedBug } from './planted-bug.ts'

export const unrecorded: PlantedBug = {
  name: 'unrecorded',
  what: 'the time at which an incident was opened moves with each vote that comes, and no record says so',
  caught_by: ['S6'],
  within_seeds: 7,
  core: (core) => ({
    ...core,
    step(state, input) {
      const output = core.step(state, input)
      for (const record of output.records) {
        const incident = record.record === 'vote-held' && state.durable.incidents.get(record.incident_id)
        if (incident) Object.assign(incident, { opened_at_ms: input.at_ms })
      }
      return output
    },
  }),
}
