export { type World, run } from './cli.ts'
