export { createFeeKey, FeeKey, openFeeKey } from './fee-key.ts'
