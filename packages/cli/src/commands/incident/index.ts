import type { Register } from '../../program.ts'
import { registerExplain } from './explain.ts'
import { registerList } from './list.ts'
import { registerShow } from './show.ts'

export const registerIncident: Register = (program, registrar) => {
  const incident = program
    .command('incident')
    .summary('List, show and explain incidents')
    .description('List, show and explain incidents, as one member knows them: other members may know more or less.')
  registerList(incident, registrar)
  registerShow(incident, registrar)
  registerExplain(incident, registrar)
}
