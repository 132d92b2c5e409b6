export { Shell } from './shell.ts'
export { Vaults } from './vaults.ts'
