import type { PlantedBug } from './planted-bug.ts'

export const bootNotDurable: PlantedBug = {
  name: 'boot-not-durable',
  what: 'a member that starts again counts its messages from the beginning under the same boot number',
  caught_by: ['sound', 'S6', 'S7'],
  within_seeds: 2,
  core: (core) => ({
    ...core,
    // From the log already: or the signer, which keeps the number by itself, would end the process.
    restore: (from) => core.restore(from && { ...from, boot: 0 }),
  }),
}
