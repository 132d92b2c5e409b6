export { incidentIdOf } from './identity.ts'
export { type IncidentStatus, SETTLED_DEPTH, incidentStatus } from './machine.ts'
export {
  type FeeCoinMeans,
  type FeeReserve,
  type LadderMarket,
  type LadderState,
  type Market,
  VAULT_RISKS,
  type VaultRisk,
  headroom,
  ladderMarket,
  missingSats,
  vaultRisk,
  weakestLadder,
} from './market.ts'
export { vaultLadder } from './market-watch.ts'
export { broadcasterOrder } from './order.ts'
export { blocksSince, dueRung, floorRung, packageFeerate, rungOfEstimate } from './rungs.ts'
export { finalSpend, isEmergency, recoveryRung, rungOfEnvelope, standingTrigger, unvaultsNamed } from './trigger.ts'
export { ANCHOR_LEAD, CERTIFICATE_AGE, CERTIFICATE_WINDOW, VOTE_RENEWAL, countedVoters } from './votes.ts'
