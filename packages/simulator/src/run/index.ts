export { neverSeen } from './coverage.ts'
export { type Plan, drawPlan } from './plan.ts'
export { type Report, type SimulationOptions, simulate } from './simulation.ts'
export { FAULT_CLASSES, type FaultClass, classesOf, isFaultClass } from './swarm.ts'
