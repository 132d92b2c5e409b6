export { parsePlan, planToJson } from './plan-file.ts'
export { parseRecoverySet, parseUnvault, recoverySetToJson, unvaultToJson, type UnverifiedSet } from './set-files.ts'
