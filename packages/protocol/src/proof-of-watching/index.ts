export { PROOF_DEPTH, PROOF_EVERY_BLOCKS, type ProofQuestion, proofAnswers } from './answer.ts'
export type { ProofCounts } from './state.ts'
