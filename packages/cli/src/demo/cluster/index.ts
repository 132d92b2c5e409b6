export { Cluster, type ClusterInit, type ClusterStep } from './cluster.ts'
export { Member, belfryCommand, environment } from './member.ts'
export { type HttpAnswer, MemberApi } from './member-api.ts'
export type { OwnerKeys } from './ceremony.ts'
