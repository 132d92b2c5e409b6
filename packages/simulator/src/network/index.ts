export { type Endpoint, type NetworkFaults, SimNetwork } from './network.ts'
export { type MachineNumber, Wires } from './wires.ts'
