import type { Register } from '../../program.ts'
import { registerExport } from './export.ts'
import { registerList } from './list.ts'
import { registerVerify } from './verify.ts'

export const registerEvidence: Register = (program, registrar) => {
  const evidence = program
    .command('evidence')
    .summary('List, export and verify evidence against members')
    .description(
      'List, export and verify evidence against members: two signed messages of one member that no honest one signs both.\n' +
        'Whoever has the federation lock can verify it, without any node.',
    )
  registerList(evidence, registrar)
  registerExport(evidence, registrar)
  registerVerify(evidence, registrar)
}
