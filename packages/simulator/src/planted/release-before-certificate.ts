import {
  type BelfryCore,
  type Input,
  type LogRecord,
  MESSAGE_VERSION,
  type Output,
  type State,
  encodeBody,
  encodeFrame,
  signFrame,
  taggedHash,
} from '@belfry/protocol'
import { type Hash32, toHex } from '@belfry/protocol/primitives'
import type { SimMember } from '../member/index.ts'
import type { PlantedBug } from './planted-bug.ts'

type Sealed = Extract<Extract<Input, { kind: 'outcome' }>['outcome'], { of: 'seal-share' }>

export const releaseBeforeCertificate: PlantedBug = {
  name: 'release-before-certificate',
  what: 'the lowest rung is released to everybody as soon as this member has voted itself',
  caught_by: ['S1', 'S2'],
  within_seeds: 12,
  core: (core, member): BelfryCore => ({
    ...core,
    step(state, input) {
      const output = core.step(state, input)
      if (input.kind === 'outcome' && input.outcome.of === 'seal-share') return signed(core, state, member, input.outcome, output)
      return { ...output, immediate: [...output.immediate, ...askedFor(state, member, output)] }
    },
  }),
}

/** Once for each incident: with its own first vote. */
function askedFor(state: State, { index, options }: SimMember, { records }: Output): Output['immediate'] {
  return records.flatMap((record) => {
    const incident = record.record === 'vote-held' && record.member === index ? state.durable.incidents.get(record.incident_id) : undefined
    const held = incident && state.durable.vaults.get(incident.vault_id)?.manifests[0]
    const rung = incident?.trigger === 'theft' ? held?.manifest.unvaults[0]?.clawback[0] : undefined
    if (record.record !== 'vote-held' || !held || !rung) return []
    const sealed = held.shares[0] ?? new Uint8Array(0)
    return options.config.federation.members
      .filter((other) => other.index !== index)
      .map((other) => ({
        effect: 'seal-share' as const,
        incident_id: record.incident_id,
        manifest_hash: held.hash,
        envelope_id: rung.envelope_id,
        to: other.index,
        sealed,
      }))
  })
}

/** Without asking the gate. */
function signed(core: BelfryCore, state: State, { index, options, ports }: SimMember, outcome: Sealed, output: Output): Output {
  const { incident_id, manifest_hash, envelope_id, to, sealed } = outcome
  const { federation } = options.config
  const slot = `release/${federation.lock_hash}/${incident_id}/${envelope_id}/${to}`
  if (sealed === null || state.durable.ledger.has(slot)) return output
  state.volatile.seq += 1
  const sealed_hash = toHex(taggedHash(ports, 'sealed', sealed)) as Hash32
  const head = {
    version: MESSAGE_VERSION,
    lock_prefix: federation.lock_prefix,
    epoch: federation.epoch,
    kind: 'release',
    from: index,
    peer_id: federation.memberOf(index).peer_id,
    boot: state.durable.boot,
    seq: state.volatile.seq,
    sent_at: state.volatile.heartbeat_sent_at,
    body: encodeBody('release', { incident_id, manifest_hash, envelope_id, to, sealed_hash }),
  }
  const bytes = encodeFrame(signFrame(ports, federation.lock_hash, head, sealed))
  const record: LogRecord = { record: 'signed', slot, frame: bytes }
  core.apply(state.durable, record)
  return { ...output, records: [...output.records, record], afterDurable: [...output.afterDurable, { effect: 'send', to, bytes }] }
}
