export { checkFunding } from './check.ts'
