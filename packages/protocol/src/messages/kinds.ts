/** The one table of message kinds: what each carries, how it travels, and how much of it is taken. */
import { type Infer, type JsonValue, type Schema, fromCbor, toCbor } from '../primitives/index.ts'
import { MAX_SIGNED_COMMAND_BYTES } from '../owner/command.ts'
import { answered } from './answered.ts'
import { blockProof } from './block-proof.ts'
import { certificate } from './certificate.ts'
import { commandNotice } from './command.ts'
import { MAX_ATTACHMENT_BYTES } from './frame.ts'
import { evidence } from './evidence.ts'
import { headers, headersWanted } from './headers.ts'
import { heartbeat } from './heartbeat.ts'
import { commandRequest, enrolRequest, infoRequest } from './owner-requests.ts'
import { pull } from './pull.ts'
import { receipt } from './receipt.ts'
import { release } from './release.ts'
import { MAX_OWNER_KEYS, SEALED_SHARE_BYTES } from '../custody/limits.ts'
import { vote } from './vote.ts'

export type Channel = 'gossip' | 'stream' | 'owner-request'
/** `urgent` has room that no other traffic can take: an incident's messages. */
export type Room = 'urgent' | 'routine'

export interface KindRules<Body> {
  readonly body: Schema<Body>
  /** Where a message of this kind may arrive. What is gossiped may also arrive by a stream: the answer to a Pull. */
  readonly channels: readonly Channel[]
  readonly room: Room
  readonly max_attachment_bytes: number
  /** (boot, seq) must rise: for what is worthless once a newer one came. Elsewhere it would lose what comes by Pull. */
  readonly rising: boolean
  /** Looked at again each time it comes: a share that found no room may find some later, and an order that was dropped its witnesses. */
  readonly repeats: boolean
}

function kind<Body>(body: Schema<Body>, rules: Omit<KindRules<Body>, 'body'>): KindRules<Body> {
  return { body, ...rules }
}

const ONCE = { rising: false, repeats: false } as const

export const MEMBER_KINDS = {
  heartbeat: kind(heartbeat, {
    channels: ['gossip'],
    room: 'routine',
    max_attachment_bytes: 0,
    rising: true,
    repeats: false,
  }),
  vote: kind(vote, {
    channels: ['gossip', 'stream'],
    room: 'urgent',
    max_attachment_bytes: MAX_ATTACHMENT_BYTES,
    ...ONCE,
  }),
  certificate: kind(certificate, {
    channels: ['gossip', 'stream'],
    room: 'urgent',
    max_attachment_bytes: 0,
    ...ONCE,
  }),
  receipt: kind(receipt, {
    channels: ['gossip', 'stream'],
    room: 'urgent',
    // A withdrawal: signatures with their keys.
    max_attachment_bytes: 64 + 128 * MAX_OWNER_KEYS,
    ...ONCE,
  }),
  command: kind(commandNotice, {
    channels: ['gossip', 'stream'],
    room: 'urgent',
    max_attachment_bytes: MAX_SIGNED_COMMAND_BYTES,
    rising: false,
    repeats: true,
  }),
  release: kind(release, {
    channels: ['stream'],
    room: 'urgent',
    max_attachment_bytes: SEALED_SHARE_BYTES,
    rising: false,
    repeats: true,
  }),
  evidence: kind(evidence, { channels: ['gossip', 'stream'], room: 'routine', max_attachment_bytes: 0, ...ONCE }),
  'block-proof': kind(blockProof, { channels: ['gossip'], room: 'routine', max_attachment_bytes: 0, ...ONCE }),
  'headers-wanted': kind(headersWanted, { channels: ['stream'], room: 'routine', max_attachment_bytes: 0, ...ONCE }),
  headers: kind(headers, { channels: ['stream'], room: 'routine', max_attachment_bytes: 0, ...ONCE }),
  answered: kind(answered, { channels: ['stream'], room: 'routine', max_attachment_bytes: 0, ...ONCE }),
  pull: kind(pull, { channels: ['stream'], room: 'routine', max_attachment_bytes: 0, ...ONCE }),
} as const

export type MemberKind = keyof typeof MEMBER_KINDS
export type BodyOf<K extends MemberKind> = Infer<(typeof MEMBER_KINDS)[K]['body']>

/** The same table, typed so that a generic kind finds the schema of its own body. */
const rules: { readonly [K in MemberKind]: KindRules<BodyOf<K>> } = MEMBER_KINDS

export function encodeBody<K extends MemberKind>(kind: K, body: BodyOf<K>): Uint8Array {
  return toCbor(rules[kind].body, body)
}

/** @throws SchemaError */
export function decodeBody<K extends MemberKind>(kind: K, bytes: Uint8Array): BodyOf<K> {
  return fromCbor(rules[kind].body, bytes)
}

/** A body for people to read. */
export function bodyJson<K extends MemberKind>(kind: K, body: BodyOf<K>): JsonValue {
  return rules[kind].body.toJson(body)
}

/** Owners' requests: authenticated by what they carry, answered on the same stream. */
export const OWNER_KINDS = { enrol: enrolRequest, command: commandRequest, info: infoRequest } as const
export type OwnerKind = keyof typeof OWNER_KINDS

export function isMemberKind(kind: string): kind is MemberKind {
  return Object.hasOwn(MEMBER_KINDS, kind)
}
