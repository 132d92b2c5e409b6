/** Confirmed coins that pay for recovery transactions: completed A, the child of P, and the split that makes such coins. */
export { type FeeAccount, type FeeKeyPath, type FeeKeys, loadFeeKeys } from './account.ts'
export { anchorOf, type ChildTerms, payByChild, type PaidByChild } from './child.ts'
export { type FeeCoin, MIN_FEE_COIN, type SignFeeCoin } from './coin.ts'
export { joinCoin, type JoinedCoin, type JoinTerms } from './join.ts'
export {
  anyoneCanPayCarries, anchoredCarries, childVsize, joinedVsize, MIN_CHANGE, mostForChild, splitVsize, USUAL_ANCHORED_VSIZE,
  USUAL_ANYONE_CAN_PAY_VSIZE,
} from './sizes.ts'
export { planSplit, type PoolNeeds, poolTargets, type SplitPlan } from './plan-split.ts'
export { buildSplit, type Split } from './split.ts'
