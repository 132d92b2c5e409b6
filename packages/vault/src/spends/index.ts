export { buildColdSpend } from './cold-spend.ts'
export { buildHotSpend } from './hot-spend.ts'
export type { Spend } from './spend.ts'
