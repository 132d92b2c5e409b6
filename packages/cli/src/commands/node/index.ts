import type { Register } from '../../program.ts'
import { registerFees } from './fees.ts'
import { registerRun } from './run.ts'
import { registerStatus } from './status.ts'

export const registerNode: Register = (program, registrar) => {
  const node = program
    .command('node')
    .summary("Run a member's node, and ask how it is")
    .description("Run a member's node, and ask how it is.")
  registerRun(node, registrar)
  registerStatus(node, registrar)
  registerFees(node, registrar)
}
