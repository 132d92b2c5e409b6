export { incidentIdOf } from './identity.ts'
export { SETTLED_DEPTH } from './machine.ts'
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
export { type AnswerAction, ACTION_ON, givesWay } from './answers.ts'
export { BID_STEP, bidFeerate } from './bid.ts'
export { type Deadline, csvMinus, deadlineBlocks, deadlineOf, scaledBlocks } from './deadline.ts'
export { SILENCE_BLOCKS, feePayer, isTurnOver } from './fee-turns.ts'
export { type Means, SITTING_BLOCKS, meansBlocks, meansOf } from './means.ts'
export { broadcasterOrder } from './order.ts'
export { type Recovery, feerateOf, recoveryBy, standingRecovery } from './recovery.ts'
export { askedFeerate, blocksSince, dueRung, floorRung, packageFeerate, rungOfMarket } from './rungs.ts'
export { finalSpend, isEmergency, recoveryRung, rungOfEnvelope, standingTrigger, unvaultsNamed } from './trigger.ts'
export { type IncidentStatus, SECURED_DEPTH, incidentStatus } from './status.ts'
export { ANCHOR_LEAD, CERTIFICATE_AGE, CERTIFICATE_WINDOW, VOTE_RENEWAL, countedVoters } from './votes.ts'
