export { drillsOf, newestFirst } from './history.ts'
