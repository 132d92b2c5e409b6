export { type MemberKeys, type SimFederation, buildFederation } from './build-federation.ts'
export { type Deal, type DealPlan, deal } from './dealer.ts'
export { Owner } from './owner.ts'
