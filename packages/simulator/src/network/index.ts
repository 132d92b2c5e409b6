export type { Endpoint } from './endpoints.ts'
export type { NetworkFaults } from './faults.ts'
export { SimNetwork } from './network.ts'
export { type MachineNumber, Wires } from './wires.ts'
