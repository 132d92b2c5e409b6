/** An incident as a person wants to hear it: what happened in a few sentences, line by line, and proven. */
import type { Federation } from '@belfry/client'
import type { IncidentView } from '@belfry/node'
import {
  type JsonObject,
  type Report,
  type Style,
  clock,
  count,
  sentenceList,
  short,
  table,
  utc,
} from '../../output/index.ts'
import { type Proof, proofJson, proofLines, proofsOf } from './proofs.ts'
import { placeOf } from './show.ts'
import { STATUS_WORDS } from './status.ts'
import { sentenceOf } from './story.ts'

/** @param federation of the node's lock, to check every signature; null where it is not at hand */
export function explanationOf(incident: IncidentView & JsonObject, federation: Federation | null): Report {
  const proofs = proofsOf(incident, federation)
  return {
    result: { incident, summary: summaryOf(incident), story: storyOf(incident), proofs: proofs.map(proofJson) },
    human: (style) => tell(incident, federation, proofs, style),
  }
}

function tell(incident: IncidentView, federation: Federation | null, proofs: readonly Proof[], style: Style): string[] {
  const { trigger, vault_name, incident_id, seen_by, status, exposed } = incident
  const { mark, sentence } = STATUS_WORDS[status]
  return [
    `${style('bold', `The ${trigger} of vault ${vault_name}`)}: ${style(mark, status)}`,
    `Incident ${incident_id}, as ${seen_by.name} (member ${seen_by.index}) knows it.`,
    '',
    ...summaryOf(incident),
    style(mark, sentence),
    ...(exposed
      ? [
          style(
            'red',
            'The vault is exposed: a recovery transaction may be known outside. Move the coin to a new vault.',
          ),
        ]
      : []),
    '',
    style('bold', 'What happened (UTC)'),
    ...timeline(incident, style),
    '',
    style('bold', 'Transactions'),
    ...transactions(incident),
    '',
    style('bold', 'Signed proofs'),
    ...(federation === null ? ['  Not checked: give --lock with the federation lock.'] : []),
    ...(proofs.length === 0 ? ['  None.'] : proofLines(proofs, style)),
  ]
}

/** The incident in a few sentences. */
function summaryOf(incident: IncidentView): string[] {
  return [beginning(incident), agreement(incident), ...sharing(incident), outcome(incident)]
}

function beginning(incident: IncidentView): string {
  const { trigger, opened_at, trigger_tx, vault_name } = incident
  const when = `On ${utc(Date.parse(opened_at))}`
  const which =
    trigger_tx === null
      ? 'It is in neither chain nor mempool any more.'
      : `It is ${trigger_tx.txid}, ${placeOf(trigger_tx)}.`
  switch (trigger) {
    case 'theft':
      return `${when} an unvault of ${vault_name} that its owner had not announced began to move the coin. ${which}`
    case 'cold-theft':
      return `${when} a transaction that ${vault_name} does not know spent its deposit. ${which}`
    case 'panic':
      return `${when} its owners or guardians ordered ${vault_name} into deep cold. ${orderOf(incident)}`
    case 'drill':
      return `${when} its owner ordered a drill of ${vault_name}: it moves nothing. ${orderOf(incident)}`
  }
}

function orderOf({ order, seen_by }: IncidentView): string {
  if (order === null || order.taken_height === null) return `${seen_by.name} has not taken the order itself.`
  const still = order.held_back.map(({ name }) => name)
  const held = still.length === 0 ? '' : ` ${sentenceList(still)} kept still, as ordered.`
  return `The order ${short(order.command_hash)} has ${count(order.signers, 'signature')}; ${seen_by.name} took it at height ${order.taken_height}.${held}`
}

function agreement({ votes_held, votes_needed, certificate, action }: IncidentView): string {
  const voters = sentenceList(votes_held.map(({ member }) => member.name))
  const voted =
    votes_held.length === 0
      ? 'No member has voted'
      : `${count(votes_held.length, 'member')} voted for the ${action}: ${voters}`
  if (certificate === null) return `${voted}; ${votes_needed} votes are needed, so nothing may be released yet.`
  return `${voted}. With ${votes_needed} of them the certificate was complete at ${utc(Date.parse(certificate.at))}.`
}

function sharing({ releases, seen_by, broadcasts, broadcast_receipts, action }: IncidentView): string[] {
  if (releases.length === 0) return []
  const rungs = releases.flatMap(({ sat_vb }) => (sat_vb === null ? [] : [sat_vb]))
  const handed = `${seen_by.name} handed out its shares of ${count(releases.length, 'transaction')} (${rungs.toSorted((a, b) => a - b).join(', ')} sat/vB).`
  const senders = new Set([
    ...(broadcasts.length > 0 ? [seen_by.name] : []),
    ...broadcast_receipts.map(({ member }) => member.name),
  ])
  if (senders.size === 0) return [handed, `Nobody has broadcast the ${action} yet, as far as it knows.`]
  return [handed, `The ${action} was broadcast by ${sentenceList([...senders])}.`]
}

function outcome({ recovery_tx, end, action, deadline }: IncidentView): string {
  if (action === 'drill') return 'A drill broadcasts nothing.'
  if (end !== null && !end.recovered)
    return `The coin was spent by ${end.txid}, which is no transaction of this vault (${end.confirmations} deep).`
  if (recovery_tx === null) return `No ${action} is in the mempool or chain.${until(deadline)}`
  const left = recovery_tx.block === null ? until(deadline) : ''
  return `The ${action} is ${recovery_tx.txid} at ${recovery_tx.sat_vb} sat/vB, ${placeOf(recovery_tx)}.${left}`
}

function until(deadline: IncidentView['deadline']): string {
  if (deadline === null) return ''
  const { height, blocks_left } = deadline
  return ` It should be confirmed by height ${height}: ${count(blocks_left, 'block')} left.`
}

/** A type and no interface, so that it counts as JSON. */
type StoryEntry = {
  readonly at: string
  readonly height: number | null
  readonly event: string
  readonly sentence: string
}

/** @param txidOf how a transaction is named in a sentence */
function storyOf(incident: IncidentView, txidOf: (txid: string) => string = (txid) => txid): StoryEntry[] {
  const teller = { self: incident.seen_by.name, action: incident.action, txidOf }
  return incident.story.map((line) => ({
    at: line.at,
    height: line.height,
    event: line.event,
    sentence: sentenceOf(line, teller),
  }))
}

/** The story names transactions by their beginnings; here is each in full. */
function transactions({ story }: IncidentView): string[] {
  const txids = new Set(story.flatMap(({ txid }) => (txid === null ? [] : [txid])))
  return table([...txids].map((txid) => [`  ${short(txid)}`, txid]))
}

/** The day stands above its first line. */
function timeline(incident: IncidentView, style: Style): string[] {
  const lines: string[] = []
  let day = ''
  for (const { at, height, sentence } of storyOf(incident, short)) {
    const at_ms = Date.parse(at)
    const today = utc(at_ms).slice(0, 10)
    if (today !== day) lines.push(`  ${today}`)
    day = today
    const block = height === null ? '' : `block ${height}`
    lines.push(`  ${style('dim', `${clock(at_ms)}  ${block.padEnd(12)}`)}  ${sentence}`)
  }
  return lines
}
