import type { Command } from 'commander'
import { type Registrar, addCommand } from '../../command.ts'
import { usageError } from '../../errors.ts'
import type { Report } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { type DeskOptions, atDesk, deskOptions } from './desk.ts'
import { type OutpointsOptions, outpointsOption, removeList } from './outpoints.ts'

type RemoveOptions = DeskOptions & OutpointsOptions

export function registerRemove(parent: Command, registrar: Registrar): void {
  addCommand<RemoveOptions, [id: string | undefined]>(parent, registrar, {
    usage: 'remove [id]',
    summary: 'Watch something no longer (by its id, or the beginning of it)',
    about: 'The node must be stopped. With --outpoints, those of the file are taken off the list of outpoints.',
    example: 'belfry watch remove 5f3a --config /etc/belfry/node.yaml',
    options: [...deskOptions(), outpointsOption('coins of the list of outpoints')],
    run: (options, id) => runRemove(options, id, registrar.shell),
  })
}

async function runRemove(options: RemoveOptions, id: string | undefined, shell: Shell): Promise<Report> {
  const { outpoints } = options
  if ((id === undefined) === (outpoints === undefined)) {
    throw usageError('What is to be watched no longer?', 'Give an id (see belfry watch list), or --outpoints with a file.')
  }
  if (outpoints !== undefined) return await removeList(outpoints, options, shell)
  return await removeOne(id ?? '', options, shell)
}

async function removeOne(id: string, options: DeskOptions, shell: Shell): Promise<Report> {
  const { id: watch_id, label } = await atDesk(options, shell, (desk) => desk.remove(id))
  const name = label === '' ? watch_id : `${label} (${watch_id})`
  return { result: { watch_id, label }, human: () => [`${name} is watched no longer.`] }
}
