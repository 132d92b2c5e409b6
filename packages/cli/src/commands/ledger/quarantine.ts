import { type Command, Option } from 'commander'
import { type Registrar, addCommand } from '../../command.ts'
import type { Report } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { type DeskOptions, atDesk, deskOptions } from './desk.ts'

interface QuarantineOptions extends DeskOptions {
  readonly reason: 'restored'
}

export function registerQuarantine(parent: Command, registrar: Registrar): void {
  addCommand<QuarantineOptions>(parent, registrar, {
    usage: 'quarantine',
    summary: 'Have a node start in quarantine: the first thing after its data was put back from a copy',
    about:
      'The node must be stopped. It then watches, holds and answers, and votes on nothing until belfry ledger adopt: a copy does ' +
      'not know what was signed after it was made. Its messages go on from numbers that were never used.',
    example: 'belfry ledger quarantine --reason restored --config /etc/belfry/node.yaml',
    options: [
      ...deskOptions(),
      new Option('--reason <reason>', 'why').choices(['restored']).makeOptionMandatory(),
    ],
    run: (options) => runQuarantine(options, registrar.shell),
  })
}

async function runQuarantine({ reason, ...options }: QuarantineOptions, shell: Shell): Promise<Report> {
  await atDesk(options, shell, async (desk) => {
    await desk.quarantine(shell.now() as Parameters<typeof desk.quarantine>[0])
  })
  return {
    result: { quarantined: reason },
    human: () => [
      'The node is in quarantine. Start it, and let it run until it is connected to the others;',
      'then stop it, look at belfry ledger show, and end the quarantine with belfry ledger adopt.',
    ],
  }
}
