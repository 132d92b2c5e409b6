export { buildColdSpend } from './cold-spend.ts'
export { buildHotSpend } from './hot-spend.ts'
export { buildHeirSpend, buildStagingReturn } from './staging-spend.ts'
export type { Spend } from './spend.ts'
