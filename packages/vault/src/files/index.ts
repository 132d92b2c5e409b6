export { MAX_FILE_CHARS } from './file.ts'
export { parsePlan, planToJson } from './plan-file.ts'
export { parseRecoverySet, parseUnvault, recoverySetToJson, unvaultToJson, type UnverifiedSet } from './set-files.ts'
