export { type MemberKeys, type SimFederation, buildFederation } from './build-federation.ts'
export { type Deal, type DealPlan, deal } from './dealer.ts'
export { type NextFederation, consentsWanted, nextFederation } from './next-federation.ts'
export { Owner } from './owner.ts'
