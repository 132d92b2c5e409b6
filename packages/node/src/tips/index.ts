export { BlockProver } from './block-prover.ts'
export { readHeaders, submitHeaders } from './headers.ts'
