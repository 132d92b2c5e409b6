import type { Register } from '../../program.ts'
import { registerCard } from './card.ts'
import { registerChange } from './change.ts'
import { registerConsent } from './consent.ts'
import { registerDefine } from './define.ts'
import { registerLock } from './lock.ts'
import { registerShow } from './show.ts'
import { registerSign } from './sign.ts'

export const registerFederation: Register = (program, registrar) => {
  const federation = program
    .command('federation')
    .summary('Define, sign, lock, show and change a federation')
    .description(
      'Define, sign, lock, show and change a federation: cards in, one lock file signed by all its members out.\n' +
        'To change its members: change, sign, consent, lock.',
    )
  registerDefine(federation, registrar)
  registerSign(federation, registrar)
  registerLock(federation, registrar)
  registerShow(federation, registrar)
  registerChange(federation, registrar)
  registerConsent(federation, registrar)
  registerCard(federation, registrar)
}
