export { type Endpoint, type NetworkFaults, SimNetwork } from './network.ts'
