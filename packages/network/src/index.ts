export { createNetwork } from './network.ts'
export { NetworkError, type NetworkErrorCode } from './errors.ts'
export type { NetworkLimits } from './limits.ts'
export { COUNTERS, type CounterName, type FaultCounts, MEMBER_FAULTS, type MemberFault } from './counters.ts'
export { peerIdOf } from './identity/peer-id.ts'
export { isMultiaddr } from './identity/address.ts'
export type {
  GossipVerdict, LogLevel, MemberContact, Network, NetworkCounters, NetworkEvent, NetworkHandlers, NetworkInit,
  NetworkLog, NetworkModules, OwnerProtocol, RequestOptions,
} from './network-init.ts'
