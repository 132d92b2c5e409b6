import type { Command } from 'commander'
import { type Registrar, addCommand } from '../../command.ts'
import type { Report } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { describeLedger, jsonOf } from './describe.ts'
import { type DeskOptions, atDesk, deskOptions } from './desk.ts'

export function registerShow(parent: Command, registrar: Registrar): void {
  addCommand<DeskOptions>(parent, registrar, {
    usage: 'show',
    summary: 'Show what a stopped node has signed for, and what its disk is doubted for',
    about: 'The node must be stopped. Of a running one, belfry node status says whether it is in quarantine.',
    example: 'belfry ledger show --config /etc/belfry/node.yaml',
    options: deskOptions(),
    run: (options) => runShow(options, registrar.shell),
  })
}

async function runShow(options: DeskOptions, shell: Shell): Promise<Report> {
  const epochs = await atDesk(options, shell, (desk) => desk.show())
  return { result: { epochs: epochs.map(jsonOf) }, human: (style) => epochs.flatMap((one) => describeLedger(one, style)) }
}
