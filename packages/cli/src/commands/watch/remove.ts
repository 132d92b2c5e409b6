import type { Command } from 'commander'
import { type Registrar, addCommand } from '../../command.ts'
import type { Report } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { type DeskOptions, atDesk, deskOptions } from './desk.ts'

export function registerRemove(parent: Command, registrar: Registrar): void {
  addCommand<DeskOptions, [id: string]>(parent, registrar, {
    usage: 'remove <id>',
    summary: 'Watch something no longer (by its id, or the beginning of it)',
    about: 'The node must be stopped.',
    example: 'belfry watch remove 5f3a --config /etc/belfry/node.yaml',
    options: deskOptions(),
    run: (options, id) => runRemove(options, id, registrar.shell),
  })
}

async function runRemove(options: DeskOptions, id: string, shell: Shell): Promise<Report> {
  const { id: watch_id, label } = await atDesk(options, shell, (desk) => desk.remove(id))
  const name = label === '' ? watch_id : `${label} (${watch_id})`
  return { result: { watch_id, label }, human: () => [`${name} is watched no longer.`] }
}
