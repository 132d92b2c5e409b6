import type { Register } from '../../program.ts'
import { registerAddress } from './address.ts'
import { registerCancel } from './cancel.ts'
import { registerDestroy } from './destroy.ts'
import { registerCountersign } from './countersign.ts'
import { registerEnrol } from './enrol.ts'
import { registerExport } from './export.ts'
import { registerImport } from './import.ts'
import { registerKeys } from './keys.ts'
import { registerList } from './list.ts'
import { registerPlan } from './plan.ts'
import { registerRecover } from './recover.ts'
import { registerRevoke } from './revoke.ts'
import { registerRenew } from './renew.ts'
import { registerShow } from './show.ts'
import { registerSign } from './sign.ts'
import { registerVerify } from './verify.ts'
import { registerWithdraw } from './withdraw.ts'

export const registerVault: Register = (program, registrar) => {
  const vault = program
    .command('vault')
    .summary('Plan, sign, verify and enrol a vault')
    .description(
      'Plan, sign, verify and enrol a vault.\nIn this order: keys, address, (deposit), plan, sign, verify, enrol.',
    )
  registerKeys(vault, registrar)
  registerAddress(vault, registrar)
  registerPlan(vault, registrar)
  registerSign(vault, registrar)
  registerVerify(vault, registrar)
  registerEnrol(vault, registrar)
  registerCountersign(vault, registrar)
  registerRenew(vault, registrar)
  registerWithdraw(vault, registrar)
  registerImport(vault, registrar)
  registerExport(vault, registrar)
  registerList(vault, registrar)
  registerShow(vault, registrar)
  registerCancel(vault, registrar)
  registerRevoke(vault, registrar)
  registerDestroy(vault, registrar)
  registerRecover(vault, registrar)
}
