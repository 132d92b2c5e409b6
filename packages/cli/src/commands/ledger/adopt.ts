import type { Command } from 'commander'
import { type Registrar, addCommand } from '../../command.ts'
import { type ConfirmOptions, confirm, confirmOptions } from '../../confirm.ts'
import { type Report, count } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { describeQuarantine } from './describe.ts'
import { type DeskOptions, atDesk, deskOptions } from './desk.ts'

type AdoptOptions = DeskOptions & ConfirmOptions

export function registerAdopt(parent: Command, registrar: Registrar): void {
  addCommand<AdoptOptions>(parent, registrar, {
    usage: 'adopt',
    summary: 'Take what was found for signed by this node, and end its quarantine',
    about:
      'The node must be stopped, and no other node may run with its key. What was found is sent again in the same bytes and ' +
      'never contradicted. Let the node run beside the others before, so that they can show it what its disk lacks.',
    example: 'belfry ledger adopt --config /etc/belfry/node.yaml',
    options: [...deskOptions(), ...confirmOptions()],
    run: (options) => runAdopt(options, registrar.shell),
  })
}

async function runAdopt(options: AdoptOptions, shell: Shell): Promise<Report> {
  const adopted = await atDesk(options, shell, async (desk) => {
    const doubts = desk.show().flatMap(({ quarantine }) => (quarantine === null ? [] : [quarantine]))
    if (doubts.length > 0) {
      await confirm(
        options,
        [
          ...doubts.flatMap((one) => describeQuarantine(one, (_, text) => text)).map((line) => line.trim()),
          'this node will vote again, and hold all that for signed by itself; two nodes with one key would convict it',
        ],
        shell,
      )
    }
    return await desk.adopt()
  })
  return {
    result: { adopted },
    human: () => [`Took over ${count(adopted, 'statement')}. The node serves again from its next start on.`],
  }
}
