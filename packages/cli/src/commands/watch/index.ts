import type { Register } from '../../program.ts'
import { registerAdd } from './add.ts'
import { registerEvents } from './events.ts'
import { registerList } from './list.ts'
import { registerRemove } from './remove.ts'

export const registerWatch: Register = (program, registrar) => {
  const watch = program
    .command('watch')
    .summary('Watch descriptors, keys, addresses, scripts and outpoints beside the vaults')
    .description(
      'Watch descriptors, keys, addresses, scripts and outpoints beside the vaults.\n' +
        'The list is changed while the node is stopped; it is read when the node starts.',
    )
  registerAdd(watch, registrar)
  registerList(watch, registrar)
  registerEvents(watch, registrar)
  registerRemove(watch, registrar)
}
