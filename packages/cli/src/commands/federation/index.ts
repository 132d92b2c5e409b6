import type { Register } from '../../program.ts'
import { registerDefine } from './define.ts'
import { registerLock } from './lock.ts'
import { registerShow } from './show.ts'
import { registerSign } from './sign.ts'

export const registerFederation: Register = (program, registrar) => {
  const federation = program
    .command('federation')
    .summary('Define, sign, lock and show a federation')
    .description('Define, sign, lock and show a federation: cards in, one lock file signed by all its members out.')
  registerDefine(federation, registrar)
  registerSign(federation, registrar)
  registerLock(federation, registrar)
  registerShow(federation, registrar)
}
