export { type Report, type SimulationOptions, simulate } from './simulation.ts'
