export { type Report, type SimulationOptions, simulate } from './simulation.ts'
export { FAULT_CLASSES, type FaultClass, isFaultClass } from './swarm.ts'
