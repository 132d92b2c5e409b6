export { createNetwork, createNetworks } from './network.ts'
export { NetworkError, type NetworkErrorCode } from './errors.ts'
export type { NetworkLimits } from './limits.ts'
export { COUNTERS, type CounterName, type FaultCounts, MEMBER_FAULTS, type MemberFault } from './counters.ts'
export { peerIdOf } from './identity/peer-id.ts'
export { isMultiaddr } from './identity/address.ts'
export type {
  FederationInit, FederationLink, GossipVerdict, HostInit, LogLevel, MemberContact, Network, NetworkCounters, NetworkEvent,
  NetworkHandlers, NetworkHost, NetworkInit, NetworkLog, NetworkModules, Networks, NetworksInit, OwnerProtocol, RequestOptions,
} from './network-init.ts'
