/** Evidence in plain words: who did what, and what that means. */
import type { EvidenceFault, EvidenceFile, ReadEvidence, Said } from '@belfry/client'
import { type Json, utc } from '../../output/index.ts'

export type Conflict = EvidenceFile['conflict']

export const CONFLICTS: Readonly<Record<Conflict, string>> = {
  number: 'signed two different messages under one number',
  slot: 'signed two statements where a member makes only one',
}

/** What a member that did nothing of this would have to explain. */
export const MEANING =
  'A member that runs once, on a disk that was never put back, cannot do this: it lies, it runs twice, an old copy of its disk was put ' +
  'back, or somebody else has its key.'

/** Why the two messages convict nobody. */
export const FAULTS: Readonly<Record<EvidenceFault, string>> = {
  'later-version': 'One of the messages is of another protocol version, which this belfry cannot judge.',
  'later-form': 'One of the messages is of a form that this belfry does not know.',
  'other-epoch': 'One of the messages was made for another lock than this one.',
  unreadable: 'One of the messages cannot be read.',
  'not-a-member': 'The lock has no such member.',
  'another-member': 'One of the messages is of another member.',
  'wrong-peer-id': 'One of the messages names another peer id than the lock does.',
  'same-message': 'Both are the same message.',
  'other-number': 'The two messages have different numbers.',
  'no-slot': 'Of this kind a member may sign as many as it likes.',
  'other-slot': 'The two messages are about different things.',
  'same-body': 'Both messages say the same.',
  'bad-signature': 'A signature is not that of the member.',
}

/** What exactly it signed twice: one line. */
export function deed({ conflict }: EvidenceFile, { first }: ReadEvidence): string {
  if (first === null) return CONFLICTS[conflict]
  if (conflict === 'number') return `${CONFLICTS[conflict]} (message ${first.seq} of its start ${first.boot})`
  return `${CONFLICTS[conflict]} (${SLOTS[first.kind]?.(fieldsOf(first.body)) ?? first.kind})`
}

type Fields = Readonly<Record<string, unknown>>

const SLOTS: Readonly<Record<string, (body: Fields) => string>> = {
  release: ({ envelope_id, to, incident_id }) => `the share of envelope ${text(envelope_id)} for member ${text(to)} in incident ${text(incident_id)}`,
  receipt: (body) => RECEIPTS[text(body['statement'])]?.(body) ?? 'a receipt',
  command: ({ command_hash }) => `when it took the owner's order ${text(command_hash)}`,
}

const RECEIPTS: Readonly<Record<string, (body: Fields) => string>> = {
  holds: ({ manifest_hash }) => `that it holds manifest ${text(manifest_hash)}`,
  drill: ({ command_hash }) => `what came of drill ${text(command_hash)}`,
  destroyed: ({ vault_id }) => `that it has forgotten vault ${text(vault_id)}`,
}

function fieldsOf(body: unknown): Fields {
  return typeof body === 'object' && body !== null ? { ...body } : {}
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value)
}

export function saidLine(said: Said | null): string {
  if (said === null) return 'a message that cannot be read'
  const fields = Object.entries(fieldsOf(said.body)).map(([name, value]) => `${name} ${text(value)}`)
  const what = fields.length === 0 ? '' : `: ${fields.join(', ')}`
  return `${said.kind}, sent at ${utc(said.sent_at)} by its clock, number ${said.seq} of start ${said.boot}${what}`
}

export function saidJson(said: Said | null): Json {
  if (said === null) return null
  const { kind, boot, seq, sent_at, body } = said
  return { kind, boot, seq, sent_at: new Date(sent_at).toISOString(), body: body as Json }
}
