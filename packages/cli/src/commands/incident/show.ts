import type { IncidentView } from '@belfry/node'
import type { Command } from 'commander'
import { type ApiOptions, NodeApi, apiOptions } from '../../api/node-api.ts'
import { type Registrar, addCommand } from '../../command.ts'
import { type Report, type Style, list, utc } from '../../output/index.ts'
import type { Shell } from '../../shell.ts'
import { pickIncident } from './pick.ts'
import { STATUS_WORDS } from './status.ts'

export function registerShow(parent: Command, registrar: Registrar): void {
  addCommand<ApiOptions, [id: string | undefined]>(parent, registrar, {
    usage: 'show [id]',
    summary: 'Show where an incident stands (the newest, or by the beginning of its id)',
    example: 'belfry incident show 5f3a --config /etc/belfry/node.yaml',
    options: apiOptions(),
    run: (options, id) => runShow(options, id, registrar.shell),
  })
}

async function runShow(options: ApiOptions, id: string | undefined, shell: Shell): Promise<Report> {
  const incident = await pickIncident(await NodeApi.of(options, shell), id)
  return { result: incident, human: (style) => describe(incident, style) }
}

function describe(incident: IncidentView, style: Style): string[] {
  const { trigger, vault_name, vault_id, incident_id, status, action, opened_at, seen_by, exposed } = incident
  const { mark, sentence } = STATUS_WORDS[status]
  return [
    `${style('bold', `${trigger} of vault ${vault_name}`)}: ${style(mark, status)}`,
    sentence,
    ...list([
      ['incident', incident_id],
      ['vault', vault_id],
      ['opened', utc(Date.parse(opened_at))],
      ['action', action],
      ['votes', votesOf(incident)],
      ['certificate', certificateOf(incident)],
      ['trigger', triggerOf(incident)],
      ['recovery', recoveryOf(incident)],
      ...(incident.deadline === null
        ? []
        : ([['deadline', `height ${incident.deadline.height}, ${incident.deadline.blocks_left} blocks left`]] as const)),
      ['as seen by', `${seen_by.name} (member ${seen_by.index}), tip ${incident.tip_height ?? 'unknown'}`],
    ]),
    ...(exposed
      ? [style('red', 'Exposed: a recovery transaction may be known outside. Move the coin to a new vault.')]
      : []),
  ]
}

function votesOf({ votes_held, votes_needed }: IncidentView): string {
  const names = votes_held.map(({ member, counted }) => (counted ? member.name : `${member.name} (too old)`))
  return `${votes_held.length}, ${votes_needed} needed: ${names.join(', ') || 'none'}`
}

function certificateOf({ certificate }: IncidentView): string {
  if (certificate === null) return 'none'
  return `${utc(Date.parse(certificate.at))} at height ${certificate.height}, by ${certificate.voters.map(({ name }) => name).join(', ')}`
}

function triggerOf({ trigger_tx, order }: IncidentView): string {
  if (order !== null) return `order ${order.command_hash}, ${order.taken_height === null ? 'not taken' : `taken at height ${order.taken_height}`}`
  return trigger_tx === null ? 'gone' : `${trigger_tx.txid}, ${placeOf(trigger_tx)}`
}

function recoveryOf({ recovery_tx }: IncidentView): string {
  return recovery_tx === null
    ? 'none seen'
    : `${recovery_tx.txid} at ${recovery_tx.sat_vb} sat/vB, ${placeOf(recovery_tx)}`
}

/** Where a transaction stands, in words. */
export function placeOf({
  seen,
  block,
  confirmations,
}: NonNullable<IncidentView['recovery_tx'] | IncidentView['trigger_tx']>): string {
  if (block !== null) return `in block ${block.height}, ${confirmations} deep`
  return seen === 'offered' ? 'shown by another member, in no mempool here' : 'in the mempool'
}
