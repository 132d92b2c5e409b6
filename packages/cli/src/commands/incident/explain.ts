import type { Command } from 'commander'
import { type ApiOptions, NodeApi, apiOptions } from '../../api/node-api.ts'
import { type Registrar, addCommand, option } from '../../command.ts'
import { readFederations } from '../../files/epochs.ts'
import type { Report } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { explanationOf } from './explanation.ts'
import { pickIncident } from './pick.ts'

interface ExplainOptions extends ApiOptions {
  readonly lock?: string
}

export function registerExplain(parent: Command, registrar: Registrar): void {
  addCommand<ExplainOptions, [id: string | undefined]>(parent, registrar, {
    usage: 'explain [id]',
    summary: 'Tell the whole story of an incident, with every signed proof',
    about: "Signatures are checked against the lock of the incident's epoch: one of --config, or --lock.",
    example: 'belfry incident explain --config /etc/belfry/node.yaml',
    options: [...apiOptions(), option('--lock <file>', "the federation's lock, to check every signature")],
    run: (options, id) => runExplain(options, id, registrar.shell),
  })
}

async function runExplain(options: ExplainOptions, id: string | undefined, shell: Shell): Promise<Report> {
  const api = await NodeApi.of(options, shell)
  const incident = await pickIncident(api, id)
  const epochs = await readFederations(options.lock === undefined ? api.locks : [options.lock])
  return explanationOf(incident, epochs.find(({ epoch }) => epoch === incident.epoch) ?? null)
}
