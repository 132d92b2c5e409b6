import type { EvidenceView } from '@belfry/node'
import type { Command } from 'commander'
import { type ApiOptions, NodeApi, apiOptions } from '../../api/node-api.ts'
import { type Registrar, addCommand } from '../../command.ts'
import { type Report, type Style, table, utc } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { CONFLICTS } from './words.ts'

export interface EvidenceHeld {
  readonly evidence: readonly EvidenceView[]
}

export function registerList(parent: Command, registrar: Registrar): void {
  addCommand<ApiOptions>(parent, registrar, {
    usage: 'list',
    summary: 'List the evidence that a node holds against members, the oldest first',
    example: 'belfry evidence list --config /etc/belfry/node.yaml',
    options: apiOptions(),
    run: (options) => runList(options, registrar.shell),
  })
}

async function runList(options: ApiOptions, shell: Shell): Promise<Report> {
  const api = await NodeApi.of(options, shell)
  const result = await api.get<EvidenceHeld>('evidence')
  return { result, human: (style) => describe(result, style) }
}

function describe({ evidence }: EvidenceHeld, style: Style): string[] {
  if (evidence.length === 0) return ['No evidence against any member.']
  return table(
    evidence.map(({ at, member, conflict, kind, id }) => [
      utc(Date.parse(at)),
      style('red', `${member.name} (member ${member.index})`),
      `${CONFLICTS[conflict]}: ${kind}`,
      id,
    ]),
  )
}
