/** A deterministic world for the production core and loop: network, disk, clock, chain, adversary. */
export { PLANTED, type PlantedBug } from './planted/index.ts'
export { type Report, type SimulationOptions, simulate } from './run/index.ts'
