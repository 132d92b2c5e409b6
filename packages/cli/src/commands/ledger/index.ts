import type { Register } from '../../program.ts'
import { registerAdopt } from './adopt.ts'
import { registerQuarantine } from './quarantine.ts'
import { registerShow } from './show.ts'

export const registerLedger: Register = (program, registrar) => {
  const ledger = program
    .command('ledger')
    .summary('What a node has signed for, and what to do when its disk is in doubt')
    .description(
      'What a node has signed for once and for all, and what to do when its disk is in doubt.\nThe node must be stopped.',
    )
  registerShow(ledger, registrar)
  registerAdopt(ledger, registrar)
  registerQuarantine(ledger, registrar)
}
