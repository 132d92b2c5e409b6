import type { IncidentSummary } from '@belfry/node'
import type { Command } from 'commander'
import { type ApiOptions, NodeApi, apiOptions } from '../../api/node-api.ts'
import { type Registrar, addCommand } from '../../command.ts'
import { type Report, type Style, count, table, utc } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { STATUS_WORDS } from './status.ts'

interface Incidents {
  readonly incidents: readonly IncidentSummary[]
}

export function registerList(parent: Command, registrar: Registrar): void {
  addCommand<ApiOptions>(parent, registrar, {
    usage: 'list',
    summary: 'List the incidents, the newest first',
    example: 'belfry incident list --config /etc/belfry/node.yaml',
    options: apiOptions(),
    run: (options) => runList(options, registrar.shell),
  })
}

async function runList(options: ApiOptions, shell: Shell): Promise<Report> {
  const api = await NodeApi.of(options, shell)
  const result = await api.get<Incidents>('incidents')
  return { result, human: (style) => describe(result, style) }
}

function describe({ incidents }: Incidents, style: Style): string[] {
  if (incidents.length === 0) return ['No incident.']
  return table(
    incidents.map(({ incident_id, vault_name, trigger, status, opened_at, votes, votes_needed }) => [
      utc(Date.parse(opened_at)),
      trigger,
      vault_name,
      style(STATUS_WORDS[status].mark, status),
      `${count(votes, 'vote')}, ${votes_needed} needed`,
      incident_id,
    ]),
  )
}
