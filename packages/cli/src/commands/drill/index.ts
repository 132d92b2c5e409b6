import type { Register } from '../../program.ts'
import { registerHistory } from './history.ts'
import { registerRun } from './run.ts'

export const registerDrill: Register = (program, registrar) => {
  const drill = program
    .command('drill')
    .summary('Rehearse an incident, and show what was rehearsed')
    .description('Rehearse an incident, and show what was rehearsed. A drill broadcasts nothing and moves no share of a recovery.')
  registerRun(drill, registrar)
  registerHistory(drill, registrar)
}
